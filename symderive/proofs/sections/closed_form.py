"""The theorem, the chain-rule sum that it starts from, and the steps between the two."""

from __future__ import annotations

from ...calculus.result import Jacobian
from ...index import nodes
from ...program import Assignment
from ...trace import Step
from ..cases import is_diagonal
from ..context import Context, rule_reason, rule_title, slope
from ..layout import Big, Gap, Layout, row
from ..questions import about_chain, about_steps
from ..reading import condition, left_side
from ..tree import Block, Equation, Inline, Line, Math, Paragraph, Section, StepBlock, Theorem


def closed_form(c: Context) -> Section:
    """The theorem: every gradient, after the gradients of intermediates that they share."""
    key = "theorem.one" if len(c.backward.outputs) == 1 else "theorem.many"
    given = Math(c.element(c.parts.derived.cotangent))
    blocks: list[Block] = [Paragraph(c.language.say(key, given=given))]
    for a in c.backward.assignments:
        blocks.append(c.assigned(a, f"theorem:{a.tensor.name}"))
        if a.value is nodes.ZERO:
            blocks.append(Paragraph(c.language.say("theorem.zero", input=Math(c.name(a.tensor)))))
    name = c.language.word("document.theorem")
    return Section("theorem", c.language.word("section.theorem"), (Theorem(name, tuple(blocks)),))


def chain_rule(c: Context) -> Section | None:
    """∂L/∂x_k = Σ_i ∂L/∂y_i ∂y_i/∂x_k, for each input that has a Jacobian."""
    blocks: list[Block] = []
    for jacobian in c.parts.jacobians:
        key = "chain.single" if is_diagonal(jacobian) else "chain.rule"
        moved = Math(c.element(jacobian.input, jacobian.columns))
        blocks.append(Paragraph(c.language.say(key, input=moved)))
        blocks.append(_chain_sum(c, jacobian))
        blocks += about_chain(c, jacobian)
    if not blocks:
        return None
    return Section("chain", c.language.word("section.chain"), tuple(blocks))


def _chain_sum(c: Context, jacobian: Jacobian) -> Equation:
    column = c.element(jacobian.input, jacobian.columns)
    output = c.element(jacobian.output, jacobian.rows)
    over = [
        c.names.index(i.letter) for i in jacobian.rows if not i.dim.is_batch or c.names.row_letter
    ]
    below = c.names.subscript(over)
    total: tuple[Layout, ...] = (Big("Σ", below),) if below else ()
    inner = slope(c, jacobian)
    lines = (
        Line(c.partial(column), row(*total, c.partial(output), Gap(), inner)),
        Line(None, row(*total, c.element(c.parts.derived.cotangent, jacobian.rows), Gap(), inner)),
    )
    return Equation(lines, f"chain:{jacobian.input.name}")


def steps(c: Context) -> Section | None:
    """Every step, by the gradient that it is about, in the order in which the backward computes them."""
    blocks: list[Block] = []
    ordered = _ordered(c)
    for name in ordered:
        trace = c.parts.derived.steps[name]
        if len(ordered) > 1 and trace:
            gradient = Math(c.names.tensor(f"d{name}"))
            blocks.append(Paragraph(c.language.say("steps.of", gradient=gradient)))
        blocks += [_step(c, name, n, step, len(trace)) for n, step in enumerate(trace)]
    if not blocks:
        return None
    blocks += about_steps(c)
    blocks.append(Paragraph(c.language.say("steps.end")))
    return Section("steps", c.language.word("section.steps"), tuple(blocks))


def _ordered(c: Context) -> list[str]:
    known = [a.tensor.name for a in c.backward.assignments]
    place = {name[1:]: n for n, name in enumerate(known)}
    return sorted(c.parts.derived.steps, key=lambda name: (place.get(name, -1), name))


def _step(c: Context, name: str, n: int, step: Step, count: int) -> StepBlock:
    left = left_side(step.left, c.names)
    lines = (
        (Line(left, c.layout(step.before)), Line(None, c.layout(step.after)))
        if n == 0 and step.before is not step.after
        else (Line(left, c.layout(step.after)),)
    )
    because: Inline = (rule_reason(c, step),)
    if step.where:
        formulas = [condition(w, c.names) for w in step.where]
        listed: Inline = ()
        for formula in formulas:
            listed += (c.language.word("document.comma"), *formula) if listed else formula
        because += (" ", *c.language.say("document.where", where=listed))
    key_step = n == 0 or n >= count - 2
    return StepBlock(
        rule_title(c, step), because, Equation(lines, f"step:{name}:{n}"), full=not key_step
    )


def gradients(c: Context) -> tuple[Assignment, ...]:
    """The assignments of the gradients that are wanted."""
    wanted = {o.tensor for o in c.backward.outputs}
    return tuple(a for a in c.backward.assignments if a.tensor in wanted)
