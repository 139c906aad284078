"""Outcomes => text, JSON, Markdown, HTML, SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from ..proofs.languages import language
from ..proofs.renderers import render
from .batch import Outcome
from .listing import listing
from .page import page
from .sarif import sarif
from .verdict import as_json


def written(outcomes: Sequence[Outcome], form: str, lang: str = "en") -> str:
    """What became of some pairs, in a format and a language."""
    language(lang)  # an unknown one is an error, whatever the format
    return FORMATS[form](outcomes, lang)


def _json(outcomes: Sequence[Outcome], lang: str) -> str:
    held = [
        {
            **(as_json(o.verdict) if o.verdict else {"name": o.found.name, "verdict": o.kind}),
            "file": o.found.file,
            "line": o.found.line,
            "dims": o.guessed,
            "trouble": o.trouble,
        }
        for o in outcomes
    ]
    told = held[0] if len(held) == 1 else held
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS: Mapping[str, Callable[[Sequence[Outcome], str], str]] = {
    "text": listing,
    "json": _json,
    "markdown": lambda outcomes, lang: render(page(outcomes, lang), "md"),
    "html": lambda outcomes, lang: render(page(outcomes, lang), "html"),
    "sarif": lambda outcomes, lang: (
        json.dumps(sarif(outcomes), indent=2, ensure_ascii=False) + "\n"
    ),
}
