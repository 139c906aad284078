"""The forward as equations, and why the computed form is equal to the written one."""

from __future__ import annotations

from itertools import groupby

from ..context import Context
from ..figures import graph_figure
from ..steps import equalities
from ..tree import Block, Math, Paragraph, Section


def forward(c: Context) -> tuple[Section, ...]:
    """The assignments in order; where stability rewrote the program, the author's form first."""
    blocks: list[Block] = []
    written = c.parts.derived.written
    if [str(a) for a in written.assignments] != [str(a) for a in c.forward.assignments]:
        blocks.append(Paragraph(c.language.say("forward.written"), full=True))
        blocks += [c.assigned(a, full=True) for a in written.assignments]
        blocks.append(Paragraph(c.language.say("forward.computed")))
    else:
        blocks.append(Paragraph(c.language.say("forward.program")))
    own = [c.assigned(a, f"forward:{a.tensor.name}") for a in c.forward.assignments]
    named = c.only_in_code("forward")
    known = {a.tensor.name for a in c.forward.assignments}
    if any(
        e.key.rpartition(":")[2] in known for e in named
    ):  # the code takes other steps to the same values
        blocks += [*own, Paragraph(c.language.say("forward.code")), *named]
    else:
        blocks += c.in_order_of_code([*named, *own])
    blocks += graph_figure(c)
    return (Section("forward", c.language.say("section.forward"), tuple(blocks)),)


def stability(c: Context) -> tuple[Section, ...]:
    """Each rewriting of the program, with the reason why both forms are equal."""
    if not c.parts.stability:
        return ()
    blocks: list[Block] = [Paragraph(c.language.say("stability.intro"))]
    for _, steps in groupby(c.parts.stability, key=lambda step: step.rule):
        blocks.append(equalities(c, list(steps)))
    for assignment in c.forward.assignments:
        if assignment.constant:
            shift = Math(c.name(assignment.tensor))
            blocks.append(Paragraph(c.language.say("stability.constant", shift=shift)))
    return (Section("stability", c.language.say("section.stability"), tuple(blocks)),)
