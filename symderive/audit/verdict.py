"""The verdict on hand-written code: equal, different, unsafe, or cannot tell."""

from __future__ import annotations

import json
from typing import Any

from ..index.text import text
from ..trace import Step
from .findings import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, Finding, Found
from .report import report

EXIT_CODES = {EQUAL: 0, DIFFERENT: 1, UNSAFE: 1, UNKNOWN: 2}
BY_NUMBERS = 3


class Verdict(Found):
    """What was found, to be read by a person or by a program."""

    @property
    def exit_code(self) -> int:
        """0 equal, 1 different or unsafe, 2 cannot tell, 3 numbers agree without a proof."""
        return BY_NUMBERS if self.agrees else EXIT_CODES[self.kind]

    @property
    def agrees(self) -> bool:
        """True where every gradient that is wanted is right as far as numbers tell, and not all of
        them are proved."""
        if self.kind != UNKNOWN or not self.findings or self.hazards or self.unjudged:
            return False
        proved = [f.verdict == EQUAL for f in self.findings]
        return not all(proved) and all(f.agrees or f.verdict == EQUAL for f in self.findings)

    @property
    def why(self) -> str:
        """Why it is not "equal", in a line; "" where it is."""
        if self.kind == EQUAL:
            return self.but
        first = next((f for f in self.findings if f.verdict == self.kind), None)
        told = (
            [f"{first.argument}: {w}" for w in (first.mistake, first.reason) if w] if first else []
        )
        missing = [f"no gradient of {', '.join(self.unjudged)} was found"] if self.unjudged else []
        terms = [f"{first.argument}: {t}" for t in first.terms] if first else []
        said = {
            UNSAFE: self.hazards,
            UNKNOWN: (self.obstacle, *told, *missing),
            DIFFERENT: (*told, *terms, self.obstacle),
        }[self.kind]
        return next(filter(None, said), "the values differ")

    @property
    def ok(self) -> bool:
        """True for "equal" only."""
        return self.kind == EQUAL

    def text(self) -> str:
        """The report for a reader."""
        return report(self)

    def json(self) -> str:
        """The report for a program."""
        return json.dumps(as_json(self), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def __str__(self) -> str:
        return self.text()


def as_json(verdict: Found) -> dict[str, Any]:
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
