"""What a certificate is made of: checks, each with its verdict, its figures and what it covered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from textwrap import wrap
from typing import Any, Protocol

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
LIMITED = "limited"  # it holds, but not over the whole range that was tried; the detail says where
SHOWN = 6  # places that a failed check names
WIDEST, WIDTH, INDENT = 48, 100, " " * 8  # of a certificate as text


class Kernel(Protocol):
    """A generated module, live."""

    @property
    def fwd(self) -> Callable[..., tuple[Any, Any]]:
        """`fwd(*inputs)` is `(y, residuals)`."""

    @property
    def bwd(self) -> Callable[[Any, Any], tuple[Any, ...]]:
        """`bwd(residuals, cotangent)` is one gradient for each differentiable input."""


@dataclass(frozen=True)
class Check:
    """One question put to a derivation, and the answer.

    measured: the worst figure found, in `unit`; None where the question has no figure.
    tolerance: the figure from which on the check fails.
    covered: what was looked at, how often, and where.
    detail: for a failure, where it shows; for a skipped check, why it was skipped.
    """

    name: str
    verdict: str
    covered: str
    measured: float | None = None
    tolerance: float | None = None
    unit: str = ""
    detail: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """False only for a check that failed."""
        return self.verdict != FAILED

    def __str__(self) -> str:
        if self.verdict == SKIPPED:
            return f"{self.verdict:<8}{self.name} ({'; '.join(self.detail)})"
        body = wrap(self.covered, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        if self.measured is None:
            body, figure = [], self.covered
        else:
            allowed = f" (allowed {figured(self.tolerance)})" if self.tolerance is not None else ""
            figure = f"worst {figured(self.measured)}{allowed} {self.unit}".rstrip()
        head = f"{self.verdict:<8}{self.name:<{WIDEST}}{figure}".rstrip()
        return "\n".join([head, *body, *(f"{INDENT}- {line}" for line in self.detail)])


def passed(name: str, covered: str, **rest: Any) -> Check:
    """A check that holds."""
    return Check(name, PASSED, covered, **rest)


def failed(name: str, covered: str, *detail: str, **rest: Any) -> Check:
    """A check that does not hold, and where."""
    return Check(name, FAILED, covered, detail=detail, **rest)


def skipped(name: str, *why: str) -> Check:
    """A check that could not be made, and why."""
    return Check(name, SKIPPED, "nothing", detail=why)


def judged(
    name: str,
    covered: str,
    worst: float,
    allowed: float,
    unit: str = "",
    detail: tuple[str, ...] = (),
) -> Check:
    """Passed where `worst <= allowed`; NaN fails. The detail is kept only for a failure."""
    good = worst <= allowed
    verdict = PASSED if good else FAILED
    return Check(name, verdict, covered, worst, allowed, unit, () if good else detail)


@dataclass
class Tally:
    """Many comparisons, of which the worst is kept, with where the first wrong ones were."""

    count: int = 0
    worst: float = 0.0
    wrong: list[tuple[float, str]] = field(default_factory=list)
    _places: list[str] = field(default_factory=list)

    def at(self, place: object) -> None:
        """The comparisons that follow are made here."""
        self._places.append(str(place))

    @property
    def places(self) -> str:
        """Where comparisons were made."""
        return "; ".join(dict.fromkeys(self._places))

    def add(self, error: float, unit: float, where: str) -> None:
        """Note an error in this unit. A NaN is the worst of all; an infinite unit gives one."""
        self.count += 1
        if not unit < float("inf"):
            ratio = float("nan")
        else:
            ratio = error / unit if unit else 0.0 if error == 0 else float("inf")
        self.wrong.append((ratio, f"{where} at {self._places[-1]}"))
        self.wrong = sorted(self.wrong, key=_badness)[:SHOWN]
        self.worst = self.wrong[0][0]

    @staticmethod
    def joined(tallies: list[Tally]) -> Tally:
        """All comparisons of several tallies."""
        wrong = sorted((w for t in tallies for w in t.wrong), key=_badness)[:SHOWN]
        worst = wrong[0][0] if wrong else 0.0
        places = [p for t in tallies for p in t._places]
        return Tally(sum(t.count for t in tallies), worst, wrong, places)

    def judged(self, name: str, covered: str, allowed: float, unit: str = "") -> Check:
        """The check, with the worst places where it failed."""
        wrong = tuple(where for ratio, where in self.wrong if not ratio <= allowed)
        return judged(name, covered, self.worst, allowed, unit, wrong)


def _badness(entry: tuple[float, str]) -> tuple[bool, float]:
    return entry[0] == entry[0], -entry[0]


def figured(value: float) -> str:
    """A figure as a reviewer reads it: 0, 1.4, 3.2e-11."""
    return (
        "0"
        if value == 0
        else f"{value:.1e}"
        if abs(value) < 0.01 or abs(value) >= 1e5
        else f"{value:.2g}"
    )


@dataclass(frozen=True)
class Certificate:
    """What was checked of one operator, with figures that a reviewer can paste."""

    operator: str
    assumed: tuple[str, ...]
    checks: tuple[Check, ...]
    seed: int
    digits: int

    @property
    def ok(self) -> bool:
        """True where no check failed, and at least one was made."""
        return all(c.ok for c in self.checks) and any(c.verdict == PASSED for c in self.checks)

    def line(self) -> str:
        """The certificate in one line."""
        made = [c for c in self.checks if c.verdict != SKIPPED]
        good = sum(c.ok for c in made)
        verdict = "verified" if self.ok else "NOT verified"
        figures = [f"{c.name} {figured(c.measured)}" for c in made if c.measured is not None]
        bad = [c.name for c in made if not c.ok]
        tail = (
            f"; failed: {', '.join(bad)}"
            if bad
            else f" (worst: {'; '.join(figures)})"
            if figures
            else ""
        )
        return f"{self.operator}: {verdict}, {good} of {len(made)} checks hold{tail}"

    def text(self) -> str:
        """The certificate as plain text."""
        head = [
            f"Certificate of {self.operator}: {'every check holds' if self.ok else 'NOT verified'}"
        ]
        head += [f"assumed: {line}" for line in self.assumed]
        head += [f"repeat with seed {self.seed} at {self.digits} digits", ""]
        return "\n".join(head + [str(c) for c in self.checks]) + "\n"

    def json(self) -> str:
        """One object with a list of checks. Figures that are not finite are given as text."""
        checks = [{k: _plain(v) for k, v in asdict(c).items()} for c in self.checks]
        whole = {
            "operator": self.operator,
            "ok": self.ok,
            "assumed": list(self.assumed),
            "seed": self.seed,
            "digits": self.digits,
            "checks": checks,
        }
        return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __str__(self) -> str:
        return self.text()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    finite = not isinstance(value, float) or value - value == 0
    return value if finite else str(value)
