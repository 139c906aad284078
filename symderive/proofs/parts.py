"""What a proof is made of: plain data that every earlier stage has at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..calculus.result import Derived, Jacobian
from ..index.nodes import Expr
from ..trace import Step


class RuleText(Protocol):
    """What a proof reads of a rule: its name and its reason, by language."""

    @property
    def title(self) -> Mapping[str, str]:
        """The rule's name."""

    @property
    def because(self) -> Mapping[str, str]:
        """One sentence of why the rule holds."""


@dataclass(frozen=True)
class Statement:
    """A line of code, and the mathematics that it computes: `left = value`, where it computes any.

    equation: the number that the code itself gives to this equation, 0 where it gives none; the
    proof uses the same.
    """

    text: str
    left: Expr | None = None
    value: Expr | None = None
    equation: int = 0


@dataclass(frozen=True)
class Listing:
    """The code of one function. part: "forward", "backward" or "textbook"."""

    part: str
    statements: tuple[Statement, ...]
    language: str = "python"


@dataclass(frozen=True)
class ProofParts:
    """The derivation, and everything that is known beside it. Only `derived` is needed; what is
    absent is left out.

    rules: the name and the reason of each rule, in each language; a rule that is not there is shown
    by its key and by the reason of its step.  certificate: lines of text.  cost: text by what it
    counts.
    """

    derived: Derived
    jacobians: tuple[Jacobian, ...] = ()
    stability: tuple[Step, ...] = ()
    listings: tuple[Listing, ...] = ()
    cost: Mapping[str, str] = field(default_factory=dict)
    certificate: tuple[str, ...] = ()
    rules: Mapping[str, RuleText] = field(default_factory=dict)
