"""Outcomes => a document: what was audited, and for each pair its code beside its equations, and
the proof, or what is wrong. A renderer of the proofs writes it as HTML or Markdown."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from ..index.text import text
from ..proofs.assemble import RULES
from ..proofs.languages import Language, language
from ..proofs.mathematics import typeset
from ..proofs.names import Names
from ..proofs.phrases import spoken
from ..proofs.reading import formula, left_side, line
from ..proofs.tree import (
    Block,
    Code,
    CodeLine,
    Document,
    Equation,
    Inline,
    Items,
    Line,
    Math,
    Paragraph,
    Section,
    StepBlock,
    Strong,
    Table,
    Theorem,
    Typed,
    equations,
)
from ..trace import Step
from .batch import Outcome
from .findings import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, Counterexample, Finding
from .findings import Line as CodeEquation
from .listing import WORDS, details, shown, total
from .verdict import Verdict

NAMES = Names()
SAYS = {
    EQUAL: "audit.says_equal",
    DIFFERENT: "audit.says_different",
    UNSAFE: "audit.says_unsafe",
    UNKNOWN: "audit.says_cannot_tell",
}
LONGEST = 60  # lines of a backward


def page(outcomes: Sequence[Outcome], lang: str) -> Document:
    """The document in a language. Several pairs begin with a table of all."""
    speak = language(lang)
    one = len(outcomes) == 1
    sections = [] if one else [_summary(outcomes, speak)]
    sections += [_section(o, f"pair{n}", speak) for n, o in enumerate(outcomes, 1)]
    name = ", ".join(dict.fromkeys(shown(o.found.file) for o in outcomes))
    title = speak.say("audit.title", name=Typed(outcomes[0].found.name if one else name))
    keys = dict.fromkeys(e.key for s in sections for e in equations(s.blocks) if e.key)
    return Document(title, name, lang, tuple(sections), dict(zip(keys, count(1))))


def _summary(outcomes: Sequence[Outcome], speak: Language) -> Section:
    heads = ("audit.verdict", "audit.pair", "audit.why")
    rows = tuple(_row(o, speak) for o in outcomes)
    table = Table(tuple((speak.word(h),) for h in heads), rows)
    return Section("summary", (total(outcomes, speak),), (table,))


def _row(outcome: Outcome, speak: Language) -> tuple[Inline, ...]:
    place = f"{Path(outcome.found.file).name}:{outcome.line}" if outcome.line else ""
    why = next(details(outcome, speak), "")
    return (
        (Strong(speak.word(WORDS[outcome.kind])),),
        (Typed(outcome.found.name.replace(",", ", ")), f" {place}" if place else ""),
        (why, " " if why else "", Typed(outcome.guessed) if outcome.guessed else ""),
    )


def _section(outcome: Outcome, key: str, speak: Language) -> Section:
    kind = speak.word(WORDS[outcome.kind])
    title: Inline = (Typed(outcome.found.name), f": {kind}")
    verdict = outcome.verdict
    if verdict is None:
        return Section(key, title, (Paragraph((outcome.trouble,)),))
    blocks: list[Block] = [Paragraph(speak.say(SAYS[outcome.kind]))]
    if verdict.kind != EQUAL or verdict.but:
        blocks += [Paragraph((told,)) for told in (verdict.why,)]
    blocks += _code(outcome, verdict, key, speak)
    for finding in verdict.findings:
        blocks += _finding(finding, key, speak)
    for head, lines in (
        ("audit.hazards", verdict.hazards),
        ("audit.numbers", verdict.numerical),
        ("audit.assumed", verdict.assumed),
        ("audit.notes", verdict.notes),
    ):
        if lines:
            blocks.append(Paragraph((Strong(speak.word(head)),), full=True))
            blocks.append(Items(tuple(spoken(speak, told) for told in lines), full=True))
    return Section(key, title, tuple(blocks))


def _code(outcome: Outcome, verdict: Verdict, key: str, speak: Language) -> Iterator[Block]:
    """The backward as it is written, each line beside the number of its equation."""
    by_line: dict[int, list[CodeEquation]] = {}
    for equation in verdict.code:
        file, _, number = equation.place.rpartition(":")
        if file and number.isdigit():
            by_line.setdefault(int(number), []).append(equation)
    written = _source(outcome.found.file, outcome.line)
    if written:
        yield Paragraph((Strong(speak.word("audit.backward")),))
        rows = enumerate(written, outcome.line)
        yield Code(tuple(CodeLine(told, f"{key}:{n}" if n in by_line else "") for n, told in rows))
    for place, held in by_line.items():
        yield Equation(tuple(_equation_line(e.equation) for e in held), f"{key}:{place}", full=True)


def _source(file: str, number: int) -> list[str]:
    lines = linecache.getlines(file)[number - 1 :] if number else []
    try:
        block = inspect.getblock(lines) if lines else []
    except (SyntaxError, IndentationError):
        return []
    return textwrap.dedent("".join(block)).splitlines()[:LONGEST]


def _equation_line(equation: str) -> Line:
    left, equals, right = equation.partition(" = ")
    if not equals:
        return Line(None, line(equation, NAMES))
    return Line(line(left, NAMES), line(right, NAMES))


def _finding(finding: Finding, key: str, speak: Language) -> Iterator[Block]:
    kind = speak.word(WORDS[finding.verdict])
    told = speak.say("audit.gradient", name=Typed(finding.argument), kind=Strong(kind))
    yield Paragraph(told)
    if finding.verdict == EQUAL:
        yield from _proved(finding, speak)
        return
    if finding.reason:
        yield Paragraph((finding.reason,))
    if finding.code and finding.verdict == DIFFERENT:
        yield Paragraph((speak.word("audit.code"),))
        yield Equation((_equation_line(finding.code),))
        yield Paragraph((speak.word("audit.closed"),))
        yield Equation((_equation_line(finding.closed),))
    if finding.mistake:
        yield Paragraph((Strong(speak.word("audit.mistake")), ": ", finding.mistake))
    if finding.counterexample is not None:
        yield from _example(finding.counterexample, speak)


def _proved(finding: Finding, speak: Language) -> Iterator[Block]:
    """The closed form as a theorem; the code's way to it, and the forward's."""
    closed = Equation((_equation_line(finding.closed),))
    yield Theorem(speak.word("audit.theorem"), (closed,))
    first = next(iter(finding.proof), None)
    yield Paragraph((Strong(speak.word("audit.from_code")),), full=True)
    if first is None:
        yield Paragraph((speak.word("audit.as_it_stands"),), full=True)
    elif text(first.before) != first.left:
        start = Line(left_side(first.left, NAMES), typeset(first.before, NAMES))
        yield Equation((start,), full=True)
    yield from (_step(step, speak, True) for step in finding.proof)
    yield Paragraph((Strong(speak.word("audit.from_forward")),), full=True)
    yield from (_step(step, speak) for step in finding.derivation)
    yield Paragraph(spoken(speak, finding.how))


def _step(step: Step, speak: Language, in_code: bool = False) -> StepBlock:
    rule = RULES[step.rule]
    title = rule.title[speak.code]
    because: Inline = (rule.because[speak.code],)
    if in_code and step.rule == "unfold":
        title, because = speak.word("audit.unfold"), (speak.word("audit.unfolded"),)
    for used in step.where:
        read = formula(used, NAMES)
        gap = speak.word("document.space")
        told = speak.say("document.where", where=(Math(read),)) if read else spoken(speak, used)
        because = (*because, gap, *told)
    shown_line = Line(left_side(step.left, NAMES), typeset(step.after, NAMES))
    title = title[:1].upper() + title[1:] if title[:1].isascii() else title
    return StepBlock(title, because, Equation((shown_line,)), full=True)


def _example(example: Counterexample, speak: Language) -> Iterator[Block]:
    slope = example.difference if example.derivative is None else example.derivative
    yield Paragraph((Strong(speak.word("audit.counterexample")),))
    yield Items(tuple((Typed(f"{n} = {v}"),) for n, v in example.inputs.items()))
    yield Paragraph(
        speak.say(
            "audit.shows",
            element=Typed(example.element),
            code=f"{example.code:.6g}",
            right=f"{slope:.6g}",
        )
    )
