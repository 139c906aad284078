"""The Jacobian: how it is found line by line, its form with δ, and its cases."""

from __future__ import annotations

from ...calculus.result import Jacobian
from ...index import nodes
from ..cases import split
from ..context import Context, slope
from ..figures import heatmap_figure
from ..layout import EQUALS, Cases, Symbol, row
from ..questions import about_cases
from ..steps import step_block
from ..tree import Block, Equation, Line, Math, Paragraph


def jacobian_blocks(c: Context, jacobian: Jacobian) -> list[Block]:
    """The Jacobian of one input, all of it for the full version alone but its final form."""
    blocks: list[Block] = [Paragraph(c.language.say("jacobian.intro"), full=True)]
    column = c.names.subscript([c.names.index(i.letter) for i in jacobian.columns])
    if jacobian.steps and column:
        text = c.language.say("jacobian.derived", column=Math(column))
        blocks.append(Paragraph(text, full=True))
    key = f"jacobian:{jacobian.input.name}"
    for n, step in enumerate(jacobian.steps[:-1]):
        blocks.append(step_block(c, step, f"{key}:{n}", full=True))
    last = jacobian.steps[-1] if jacobian.steps else None
    if last is not None and last.after is jacobian.value:
        blocks.append(step_block(c, last, key, full=False))
    else:
        delta = Math(Symbol("δ"))
        blocks.append(Paragraph(c.language.say("jacobian.result", delta=delta)))
        blocks.append(c.equation(slope(c, jacobian), c.layout(jacobian.value), key))
    return [*blocks, *_by_cases(c, jacobian), *heatmap_figure(c, jacobian)]


def _by_cases(c: Context, jacobian: Jacobian) -> list[Block]:
    cases = split(jacobian)
    if cases is None:
        return []
    i, k = (c.names.index(x.letter) or Symbol("r") for x in (cases.row, cases.column))
    if cases.differ is nodes.ZERO:
        return [Paragraph(c.language.say("jacobian.diagonal"))]
    rows = (
        (c.layout(cases.equal), row(i, EQUALS, k)),
        (c.layout(cases.differ), row(i, Symbol("≠", "relation"), k)),
    )
    shown = Line(slope(c, jacobian), Cases(rows))
    return [
        Paragraph(c.language.say("jacobian.cases"), full=True),
        Equation((shown,), f"cases:{jacobian.input.name}", full=True),
        *about_cases(c, Math(k)),
    ]
