"""The Jacobian: how it is found line by line, its form with δ, and its cases."""

from __future__ import annotations

from ...calculus.result import Jacobian
from ...index import nodes
from ...index.nodes import Expr
from ..cases import split
from ..context import Context, rule_reason, rule_title, slope, strip_rows
from ..layout import EQUALS, Cases, Layout, Symbol, row
from ..reading import condition, left_side
from ..tree import Block, Equation, Inline, Line, Math, Paragraph, Question, Section, StepBlock


def jacobians(c: Context) -> Section | None:
    """One part for each input that has a Jacobian."""
    blocks: list[Block] = []
    for jacobian in c.parts.jacobians:
        blocks += _one(c, jacobian)
    if not blocks:
        return None
    return Section("jacobian", c.language.word("section.jacobian"), (_intro(c), *blocks), full=True)


def _intro(c: Context) -> Paragraph:
    return Paragraph(c.language.say("jacobian.intro"))


def _one(c: Context, jacobian: Jacobian) -> list[Block]:
    blocks: list[Block] = []
    column = _column(c, jacobian)
    if jacobian.steps and column:
        blocks.append(Paragraph(c.language.say("jacobian.derived", column=Math(column))))
    for n, step in enumerate(jacobian.steps):
        left, right = left_side(step.left, c.names), c.layout(step.after)
        equation = c.equation(left, right, f"jacobian:{jacobian.input.name}:{n}")
        because: Inline = (rule_reason(c, step),)
        for where in step.where:
            because += (" ", *c.language.say("document.where", where=condition(where, c.names)))
        blocks.append(StepBlock(rule_title(c, step), because, equation))
    value = strip_rows(jacobian.value)
    left = slope(c, jacobian)
    delta = Math(Symbol("δ"))
    blocks.append(Paragraph(c.language.say("jacobian.result", delta=delta)))
    blocks.append(c.equation(left, c.layout(value), f"jacobian:{jacobian.input.name}"))
    return blocks + _by_cases(c, jacobian, value)


def _column(c: Context, jacobian: Jacobian) -> Layout | None:
    return c.names.subscript([c.names.index(i.letter) for i in jacobian.columns])


def _by_cases(c: Context, jacobian: Jacobian, value: Expr) -> list[Block]:
    cases = split(jacobian)
    if cases is None:
        return []
    i, k = (c.names.index(index.letter) or Symbol("r") for index in (cases.row, cases.column))
    if cases.differ is nodes.ZERO:
        return [Paragraph(c.language.say("jacobian.diagonal"))]
    rows = tuple(
        (c.layout(v), row(i, sign, k))
        for v, sign in ((cases.equal, EQUALS), (cases.differ, Symbol("≠", "relation")))
    )
    blocks: list[Block] = [Paragraph(c.language.say("jacobian.cases"))]
    blocks.append(
        Equation((Line(slope(c, jacobian), Cases(rows)),), f"cases:{jacobian.input.name}")
    )
    answer = c.language.say("ask.cases_answer", column=Math(k), delta=Math(Symbol("δ")))
    return [*blocks, Question(c.language.say("ask.cases"), answer)]
