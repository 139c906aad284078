"""What an audit finds, as data: of one gradient, and of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..trace import Step

EQUAL, DIFFERENT, UNSAFE, UNKNOWN = "equal", "different", "unsafe", "cannot tell"
WORST_FIRST = (DIFFERENT, UNKNOWN, EQUAL)


@dataclass(frozen=True)
class Line:
    """An equation that a line of the code computes; `place` is "FILE:LINE"."""

    equation: str
    place: str


@dataclass(frozen=True)
class Counterexample:
    """A small input for which the code's gradient is not the derivative.

    inputs: by argument, and the cotangent under its own name, nested lists of numbers.
    element: the place where they differ most.  code, derivative: the values there.
    difference: what central differences of the code's own forward give there; where nothing was
    derived, `derivative` is None.
    """

    inputs: Mapping[str, Any]
    element: str
    code: float
    derivative: float | None
    difference: float


@dataclass(frozen=True)
class Finding:
    """What was found about the gradient of one argument.

    where: where the code leaves it.  code, closed: what the code computes, and the derivative in
    closed form, as lines of mathematics.  proof: from the code's expression to the closed form.
    derivation: from the forward to the closed form.  how: why the two are equal.
    terms: what the code has and the derivative has not, or the reverse.
    mistake: what was likely done wrong.  limit: the constants without which they would be equal.
    agrees: no proof was found, and the numbers agree everywhere that was looked at.
    """

    argument: str
    where: str
    verdict: str
    code: str = ""
    closed: str = ""
    proof: tuple[Step, ...] = ()
    derivation: tuple[Step, ...] = ()
    how: str = ""
    reason: str = ""
    terms: tuple[str, ...] = ()
    mistake: str = ""
    limit: str = ""
    counterexample: Counterexample | None = None
    agrees: bool = False


@dataclass(frozen=True)
class Found:
    """All that was found about a class or a pair of functions.

    kind: "equal", "different", "unsafe" or "cannot tell".  findings: one for each gradient.
    hazards: what the code does to arrays that are not its own.  obstacle: what stood in the way.
    unjudged: inputs without a gradient, though it is not 0: nothing is said about them.
    but: an input at which backward is right on paper alone; "" where none was found.
    numerical: what the runs on real arrays gave, one line each.  assumed: under which conditions.
    """

    name: str
    kind: str
    findings: tuple[Finding, ...] = ()
    hazards: tuple[str, ...] = ()
    obstacle: str = ""
    numerical: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()
    forward: tuple[Line, ...] = ()
    code: tuple[Line, ...] = ()
    shared: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    but: str = ""
