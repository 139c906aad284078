"""Cost, the code line by line, and the textbook's form of it."""

from __future__ import annotations

from collections.abc import Set

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.walk import walk
from ..code_equations import code_equations, key_of
from ..context import Context, context_with
from ..layout import PLUS, Fence, Layout, Script, Symbol, joined, number, row
from ..mathematics import typeset
from ..textbook import expanded, listing
from ..tree import (
    Block,
    Code,
    CodeLine,
    Equation,
    Line,
    Math,
    Number,
    Paragraph,
    Section,
    Table,
    Typed,
)


def cost(c: Context) -> tuple[Section, ...]:
    """What the closed form costs, against building the Jacobian."""
    blocks: list[Block] = [_growth(c)]
    counted = [
        (c.language.get(f"cost.{key}") or key.replace("_", " "), value)
        for key, value in c.parts.cost.items()
    ]
    if counted:
        head = (c.language.say("cost.what"), c.language.say("cost.count"))
        blocks.append(Table(head, tuple(((what,), (str(value),)) for what, value in counted)))
    return (Section("cost", c.language.say("section.cost"), tuple(blocks), full=True),)


def _growth(c: Context) -> Paragraph:
    loops = [loop for a in c.backward.assignments for loop in (set(a.indices), *_loops(a.value))]
    shown = [frozenset(i for i in loop if not i.dim.is_batch) for loop in loops]
    largest = {loop for loop in shown if not any(loop < other for other in shown)}
    volumes = dict.fromkeys(_volume(c, loop) for loop in sorted(largest, key=sorted))
    bound = row(Symbol("O"), Fence(joined(list(volumes), PLUS)))
    jacobian = c.parts.jacobians[0] if c.parts.jacobians else None
    if jacobian is None or all(i.dim.is_batch for i in jacobian.rows):
        return Paragraph(c.language.say("cost.same", work=Math(bound)))
    entries = {i for i in (*jacobian.rows, *jacobian.columns) if not i.dim.is_batch}
    volume = Math(_volume(c, entries))
    return Paragraph(c.language.say("cost.jacobian", entries=volume, work=Math(bound)))


def _loops(expr: Expr) -> list[set[Index]]:
    """The indices of each reduction's loop."""
    found = [n for n in walk(expr) if isinstance(n, nodes.Reduce)]
    return [set(n.bound) | set(n.args[0].free) for n in found]


def _volume(c: Context, indices: Set[Index]) -> Layout:
    counts: dict[Layout, int] = {}
    for index in sorted(i for i in indices if not i.dim.is_batch):
        size = typeset(nodes.size(index.dim), c.names)
        counts[size] = counts.get(size, 0) + 1
    if not counts:
        return number(1)
    return row(*(size if n == 1 else _raised(size, n) for size, n in counts.items()))


def _raised(size: Layout, n: int) -> Layout:
    return (
        Script(size.base, size.below, number(n))
        if isinstance(size, Script)
        else Script(size, above=number(n))
    )


def code(c: Context) -> tuple[Section, ...]:
    """Each function's lines beside the numbers of their equations."""
    if not c.parts.listings:
        return ()
    blocks: list[Block] = [Paragraph(c.language.say("code.intro"))]
    known = code_equations(c.parts)
    for part in c.parts.listings:
        blocks.append(Paragraph(c.language.say(f"code.{part.part}")))
        lines = tuple(CodeLine(s.text, key_of(known, part.part, s)) for s in part.statements)
        blocks.append(Code(lines, part.language))
    return (Section("code", c.language.say("section.code"), tuple(blocks)),)


def textbook(c: Context) -> tuple[Section, ...]:
    """The textbook's lines, and the expanded closed form that they compute, where the gradient has
    that shape."""
    wanted = {o.tensor for o in c.backward.outputs}
    told = [
        (a, found)
        for a in c.backward.assignments
        if a.tensor in wanted and (found := listing(c, a))
    ]
    if not told:
        return ()
    a, found = told[0]
    keys = [f"textbook:{n}" for n, _ in enumerate(found.statements)]
    lines = tuple(CodeLine(s.text, key) for s, key in zip(found.statements, keys, strict=True))
    spoken = context_with(c, {"product": a.tensor.name, "total": f"sum{a.tensor.name}"})
    blocks: list[Block] = [Paragraph(c.language.say("textbook.intro")), Code(lines)]
    blocks.append(Paragraph(c.language.say("textbook.lines")))
    for s, key in zip(found.statements, keys, strict=True):
        if s.left is not None and s.value is not None:
            blocks.append(c.equation(spoken.layout(s.left), spoken.layout(s.value), key))
    number, out = Number(f"theorem:{a.tensor.name}"), Math(c.name(c.forward.output.tensor))
    blocks.append(Paragraph(c.language.say("textbook.why", number=number)))
    both = (Line(c.layout(a.left), c.layout(a.value)), Line(None, c.layout(expanded(a.value))))
    blocks.append(Equation(both))
    blocks.append(Paragraph(c.language.say("textbook.names", out=out, code=Typed("self.out"))))
    return (Section("textbook", c.language.say("section.textbook"), tuple(blocks)),)
