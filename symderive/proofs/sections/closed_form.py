"""The theorem, the chain-rule sum that it starts from, and the steps between the two."""

from __future__ import annotations

from ...calculus.result import Jacobian
from ...index import nodes
from ..cases import is_diagonal
from ..context import Context, slope
from ..figures import curve_figure
from ..layout import Big, Gap, Layout, row
from ..questions import about_chain, about_steps
from ..steps import step_block
from ..tree import Block, Equation, Line, Math, Paragraph, Section, Theorem
from .jacobian import jacobian_blocks


def closed_form(c: Context) -> tuple[Section, ...]:
    """The theorem: every gradient, after the gradients of intermediates that they share."""
    key = "theorem.one" if len(c.backward.outputs) == 1 else "theorem.many"
    given = Math(c.element(c.parts.derived.cotangent))
    blocks: list[Block] = [Paragraph(c.language.say(key, given=given))]
    for a in c.backward.assignments:
        blocks.append(c.assigned(a, f"theorem:{a.tensor.name}"))
        if a.value is nodes.ZERO:
            zero = c.language.say("theorem.zero", input=Math(c.name(a.tensor)))
            blocks.append(Paragraph(zero))
    theorem = Theorem(c.language.word("document.theorem"), tuple(blocks))
    after: list[Block] = curve_figure(c)
    named = c.only_in_code("backward")
    if named:
        after += [Paragraph(c.language.say("code.named")), *named]
    return (Section("theorem", c.language.say("section.theorem"), (theorem, *after)),)


def proof(c: Context) -> tuple[Section, ...]:
    """Jacobian, chain rule and steps: sections of their own for one gradient, together in one
    section for each of several."""
    told = {j.input.name: j for j in c.parts.jacobians}
    if len(c.backward.assignments) == 1:
        return _one_gradient(c, told)
    sections = []
    for name in c.parts.derived.steps:
        gradient = _gradient_of(c, name)
        jacobian = told.get(name)
        blocks: list[Block] = jacobian_blocks(c, jacobian) if jacobian else []
        blocks += chain_blocks(c, jacobian) if jacobian else []
        blocks += step_blocks(c, name)
        printed = Math(c.names.tensor(gradient))
        if blocks and c.backward.assignment(gradient) is None:
            blocks.append(Paragraph(c.language.say("steps.unnamed", gradient=printed)))
        if blocks:
            title = c.language.say("section.gradient", gradient=printed)
            sections.append(Section(f"gradient-{gradient}", title, tuple(blocks)))
    if sections:
        asked = tuple(about_steps(c))
        sections[-1] = Section(sections[-1].key, sections[-1].title, (*sections[-1].blocks, *asked))
    return tuple(sections)


def _gradient_of(c: Context, name: str) -> str:
    """The name of the gradient that a trace is about: an input's trace goes by the input's name, an
    intermediate's by the gradient's own."""
    given = {a.tensor.name for a in c.forward.arguments}
    computed = {f"d{a.tensor.name}" for a in c.forward.assignments}
    return name if name in computed and name not in given else f"d{name}"


def _one_gradient(c: Context, told: dict[str, Jacobian]) -> tuple[Section, ...]:
    say = c.language.say
    sections: list[Section] = []
    for jacobian in told.values():
        blocks = tuple(jacobian_blocks(c, jacobian))
        sections.append(Section("jacobian", say("section.jacobian"), blocks))
        blocks = tuple(chain_blocks(c, jacobian))
        sections.append(Section("chain", say("section.chain"), blocks))
    steps = [block for name in c.parts.derived.steps for block in step_blocks(c, name)]
    if steps:
        end = Paragraph(say("steps.end"))
        sections.append(Section("steps", say("section.steps"), (*steps, *about_steps(c), end)))
    return tuple(sections)


def chain_blocks(c: Context, jacobian: Jacobian) -> list[Block]:
    """∂L/∂x_k = Σ_i ∂L/∂y_i ∂y_i/∂x_k."""
    key = "chain.single" if is_diagonal(jacobian) else "chain.rule"
    key = key if any(not i.dim.is_batch for i in jacobian.rows) else "chain.scalar"
    moved = Math(c.element(jacobian.input, jacobian.columns))
    reached = Math(c.element(jacobian.output, jacobian.rows))
    said = Paragraph(c.language.say(key, input=moved, output=reached))
    return [said, _chain_sum(c, jacobian), *about_chain(c, jacobian)]


def _chain_sum(c: Context, jacobian: Jacobian) -> Equation:
    column = c.element(jacobian.input, jacobian.columns)
    output = c.element(jacobian.output, jacobian.rows)
    over = [c.names.index(i.letter) for i in jacobian.rows if _is_summed(c, i.dim.is_batch)]
    below = c.names.subscript(over)
    total: tuple[Layout, ...] = (Big("Σ", below),) if below else ()
    inner = slope(c, jacobian)
    given = c.element(c.parts.derived.cotangent, jacobian.rows)
    lines = (
        Line(c.partial(column), row(*total, c.partial(output), Gap(), inner)),
        Line(None, row(*total, given, Gap(), inner)),
    )
    return Equation(lines, f"chain:{jacobian.input.name}")


def _is_summed(c: Context, batch: bool) -> bool:
    return not batch or bool(c.names.row_letter)


def step_blocks(c: Context, name: str) -> list[Block]:
    """The steps of one gradient; the short version keeps the first, the last, and those that use
    the forward."""
    trace = c.parts.derived.steps.get(name, ())
    last = len(trace) - 1
    return [
        step_block(c, step, f"step:{name}:{n}", full=n not in (0, last) and not step.where)
        for n, step in enumerate(trace)
    ]
