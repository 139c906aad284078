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


class CheckText(Protocol):
    """What a proof reads of one check: what it asks, the answer, and its figures."""

    @property
    def name(self) -> str:
        """What was asked."""

    @property
    def verdict(self) -> str:
        """ "passed", "failed", "skipped" or "limited"."""

    @property
    def covered(self) -> str:
        """What was looked at."""

    @property
    def measured(self) -> float | None:
        """The worst figure found."""

    @property
    def tolerance(self) -> float | None:
        """The figure from which on the check fails."""

    @property
    def unit(self) -> str:
        """The unit of both."""

    @property
    def detail(self) -> tuple[str, ...]:
        """Where it failed, or why it was skipped."""


class CertificateText(Protocol):
    """What a proof reads of a certificate."""

    @property
    def ok(self) -> bool:
        """True where every check holds."""

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is taken for granted."""

    @property
    def checks(self) -> tuple[CheckText, ...]:
        """The checks."""


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
    by its key and by the reason of its step.  cost: text by what it counts.
    """

    derived: Derived
    jacobians: tuple[Jacobian, ...] = ()
    stability: tuple[Step, ...] = ()
    listings: tuple[Listing, ...] = ()
    cost: Mapping[str, str] = field(default_factory=dict)
    certificate: CertificateText | None = None
    rules: Mapping[str, RuleText] = field(default_factory=dict)
