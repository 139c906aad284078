"""Outcomes => a SARIF 2.1.0 log, which code hosts show as annotations of a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .batch import NOT_BEGUN, Outcome
from .findings import DIFFERENT, UNKNOWN, UNSAFE

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

# by kind: the rule's id, its level, and what it says
RULES = {
    DIFFERENT: ("wrong-gradient", "error", "The backward is not the derivative of the forward."),
    UNSAFE: ("unsafe-backward", "error", "The backward writes to arrays that are not its own."),
    UNKNOWN: ("no-verdict", "warning", "The audit could not tell whether the backward is right."),
    NOT_BEGUN: ("not-begun", "note", "The audit could not begin."),
}


def sarif(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The log: a result for each outcome that is not "equal"."""
    rules = [
        {"id": key, "shortDescription": {"text": said}, "defaultConfiguration": {"level": level}}
        for key, level, said in RULES.values()
    ]
    driver = {"name": "symderive audit", "rules": rules}
    results = [_result(o) for o in outcomes if o.kind in RULES]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }


def _result(outcome: Outcome) -> dict[str, Any]:
    key, level, said = RULES[outcome.kind]
    if outcome.verdict is not None and outcome.verdict.agrees:
        level = "note"
    why = outcome.verdict.why if outcome.verdict else outcome.trouble
    dims = f" (dims: {outcome.guessed})" if outcome.guessed else ""
    return {
        "ruleId": key,
        "ruleIndex": [k for k, _, _ in RULES.values()].index(key),
        "level": level,
        "message": {"text": f"{outcome.found.name}: {outcome.kind}. {said} {why}{dims}"},
        "locations": [_location(outcome)],
        "partialFingerprints": {"symderive/v1": f"{key}:{outcome.found.name}"},
    }


def _location(outcome: Outcome) -> dict[str, Any]:
    region = {"startLine": max(outcome.line, 1)}
    return {
        "physicalLocation": {"artifactLocation": _artifact(outcome.found.file), "region": region}
    }


def _artifact(file: str) -> dict[str, str]:
    """The path from the current folder, where it lies within; hosts want it so."""
    path = Path(file).resolve()
    here = Path.cwd()
    if path.is_relative_to(here):
        return {"uri": path.relative_to(here).as_posix(), "uriBaseId": "%SRCROOT%"}
    return {"uri": path.as_uri()}
