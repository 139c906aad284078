"""Outcomes as lines for a terminal: one each, what is wrong with those that are, and a total."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..proofs.languages import Language, language
from .batch import NOT_BEGUN, SURROGATE, Outcome
from .findings import DIFFERENT, EQUAL, UNKNOWN, UNSAFE

ORDER = (DIFFERENT, UNSAFE, UNKNOWN, NOT_BEGUN, SURROGATE, EQUAL)
WIDTH = 100  # columns, where nothing tells how many there are
WORDS = {
    EQUAL: "audit.equal",
    DIFFERENT: "audit.different",
    UNSAFE: "audit.unsafe",
    UNKNOWN: "audit.cannot_tell",
    NOT_BEGUN: "audit.not_begun",
    SURROGATE: "audit.surrogate",
}


def listing(outcomes: Sequence[Outcome], lang: str) -> str:
    """The whole report of a single verdict; of several, a line each and a total."""
    speak = language(lang)
    if len(outcomes) == 1 and outcomes[0].verdict is not None and lang == "en":
        return outcomes[0].verdict.text()
    width = max((len(o.found.name) for o in outcomes), default=0)
    lines: list[str] = []
    file = ""
    for outcome in outcomes:
        if outcome.found.file != file:
            file = outcome.found.file
            lines += [*([""] if lines else []), shown(file)]
        lines += _lines(outcome, speak, min(width, 44))
    return "\n".join([*lines, "", total(outcomes, speak)]) + "\n"


def total(outcomes: Sequence[Outcome], speak: Language) -> str:
    """How many of each kind."""
    counted = Counter(o.kind for o in outcomes)
    parts = [f"{counted[k]} {speak.word(WORDS[k])}" for k in ORDER if counted[k]]
    pairs, comma = speak.word("audit.pairs"), speak.word("document.comma")
    return f"{len(outcomes)} {pairs}: {comma.join(parts)}"


def _lines(outcome: Outcome, speak: Language, width: int) -> Iterator[str]:
    kind = speak.word(WORDS[outcome.kind])
    line = f"{outcome.line:>5}" if outcome.line else " " * 5
    dims = f"  ({outcome.guessed})" if outcome.guessed else ""
    yield f"{line}  {outcome.found.name:<{width}}  {kind}{dims}".rstrip()
    columns = shutil.get_terminal_size((WIDTH, 0)).columns
    for told in details(outcome, speak):
        yield from textwrap.wrap(
            told,
            min(max(columns, 40), 120),
            initial_indent=" " * 9,
            subsequent_indent=" " * 11,
        )


def details(outcome: Outcome, speak: Language) -> Iterator[str]:
    """Why it is not right, and an input that shows it."""
    verdict = outcome.verdict
    if verdict is None:
        yield outcome.trouble
        return
    if verdict.kind == EQUAL and not verdict.but:
        return
    if verdict.agrees:
        yield speak.word("audit.agrees")
    yield verdict.why
    for finding in verdict.findings:
        example = finding.counterexample
        if finding.verdict == DIFFERENT and finding.code and len(finding.code) < WIDTH:
            yield speak.word("audit.code") + f": {finding.code}"
            yield speak.word("audit.closed") + f": {finding.closed}"
        if example is not None:
            slope = example.difference if example.derivative is None else example.derivative
            yield speak.word("audit.shows").format(
                element=example.element, code=f"{example.code:.6g}", right=f"{slope:.6g}"
            )


def shown(file: str) -> str:
    """The path from the current folder, where it lies within."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else file
