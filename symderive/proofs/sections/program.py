"""The forward as equations, and why the computed form is equal to the written one."""

from __future__ import annotations

from ..context import Context, rule_reason, rule_title
from ..reading import condition, left_side
from ..tree import Block, Equation, Inline, Line, Math, Paragraph, Section, StepBlock


def forward(c: Context) -> Section:
    """The assignments in order; where stability rewrote the program, the author's form first."""
    blocks: list[Block] = []
    written = c.parts.derived.written
    if written.assignments != c.forward.assignments:
        blocks.append(Paragraph(c.language.say("forward.written"), full=True))
        blocks += [c.assigned(a, full=True) for a in written.assignments]
        blocks.append(Paragraph(c.language.say("forward.computed")))
    else:
        blocks.append(Paragraph(c.language.say("forward.program")))
    blocks += [c.assigned(a, f"forward:{a.tensor.name}") for a in c.forward.assignments]
    return Section("forward", c.language.word("section.forward"), tuple(blocks))


def stability(c: Context) -> Section | None:
    """Each rewriting of the program, with the reason why both forms are equal."""
    if not c.parts.stability:
        return None
    blocks: list[Block] = [Paragraph(c.language.say("stability.intro"))]
    for step in c.parts.stability:
        before, after = c.layout(step.before), c.layout(step.after)
        left = left_side(step.left, c.names) if step.left else None
        lines = (Line(left, before), Line(None, after)) if left else (Line(before, after),)
        because: Inline = (rule_reason(c, step),)
        for where in step.where:
            because += (" ", *c.language.say("document.where", where=condition(where, c.names)))
        blocks.append(StepBlock(rule_title(c, step), because, Equation(lines)))
    for assignment in c.forward.assignments:
        if assignment.constant:
            blocks.append(
                Paragraph(
                    c.language.say("stability.constant", shift=Math(c.name(assignment.tensor)))
                )
            )
    return Section("stability", c.language.word("section.stability"), tuple(blocks))
