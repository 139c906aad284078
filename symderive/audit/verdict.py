"""The verdict on hand-written code: equal, different, unsafe, or cannot tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..index.text import text
from ..trace import Step

EQUAL, DIFFERENT, UNSAFE, UNKNOWN = "equal", "different", "unsafe", "cannot tell"
WORST_FIRST = (DIFFERENT, UNKNOWN, EQUAL)
EXIT_CODES = {EQUAL: 0, DIFFERENT: 1, UNSAFE: 1, UNKNOWN: 2}


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


@dataclass(frozen=True)
class Verdict:
    """The verdict on a class or a pair of functions.

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

    @property
    def exit_code(self) -> int:
        """0 equal, 1 different or unsafe, 2 cannot tell."""
        return EXIT_CODES[self.kind]

    @property
    def ok(self) -> bool:
        """True for "equal" only."""
        return self.kind == EQUAL

    def text(self) -> str:
        """The report for a reader."""
        from .report import report  # the report is laid out where it is asked for

        return report(self)

    def json(self) -> str:
        """The report for a program."""
        return json.dumps(as_json(self), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __str__(self) -> str:
        return self.text()


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Plain data, in a fixed order."""
    return {
        "name": verdict.name,
        "verdict": verdict.kind,
        "gradients": [_finding(f) for f in verdict.findings],
        "hazards": list(verdict.hazards),
        "obstacle": verdict.obstacle,
        "numerical": list(verdict.numerical),
        "assumed": list(verdict.assumed),
        "notes": list(verdict.notes),
        "unjudged": list(verdict.unjudged),
        "but": verdict.but,
        "forward": [vars(line) for line in verdict.forward],
        "code": [vars(line) for line in verdict.code],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    found = dict(vars(finding))
    found["terms"] = list(finding.terms)
    found["proof"] = [_step(s) for s in finding.proof]
    found["derivation"] = [_step(s) for s in finding.derivation]
    example = finding.counterexample
    found["counterexample"] = (
        None
        if example is None
        else {
            **vars(example),
            "code": _number(example.code),
            "derivative": _number(example.derivative),
        }
    )
    return found


def _number(value: float | None) -> float | str | None:
    """JSON has no infinities."""
    return value if value is None or value - value == 0 else str(value)


def _step(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "left": step.left,
        "before": text(step.before),
        "after": text(step.after),
        "because": step.because,
        "where": list(step.where),
    }
