"""Cost, the code line by line, the textbook's form of it, and the certificate."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.walk import walk
from ..context import Context
from ..layout import Fence, Layout, Script, Symbol, number, row
from ..mathematics import typeset
from ..parts import Listing, Statement
from ..tree import (
    Block,
    Code,
    CodeLine,
    Equation,
    Inline,
    Items,
    Line,
    Math,
    Paragraph,
    Section,
    Table,
)


def cost(c: Context) -> Section | None:
    """What the closed form costs, against building the Jacobian."""
    blocks: list[Block] = [_growth(c)]
    counted = [
        (c.language.get(f"cost.{key}") or key.replace("_", " "), value)
        for key, value in c.parts.cost.items()
    ]
    if counted:
        head = (c.language.say("cost.what"), c.language.say("cost.count"))
        blocks.append(Table(head, tuple(((what,), (str(value),)) for what, value in counted)))
    return Section("cost", c.language.word("section.cost"), tuple(blocks), full=True)


def _growth(c: Context) -> Paragraph:
    work = max(
        (_loop(a.value) | set(a.indices) for a in c.backward.assignments),
        key=_size_order,
        default=set(),
    )
    bound = row(Symbol("O"), Fence(_volume(c, work)))
    jacobian = c.parts.jacobians[0] if c.parts.jacobians else None
    if jacobian is None:
        return Paragraph(c.language.say("cost.same", work=Math(bound)))
    entries = {i for i in (*jacobian.rows, *jacobian.columns) if not i.dim.is_batch}
    return Paragraph(
        c.language.say("cost.jacobian", entries=Math(_volume(c, entries)), work=Math(bound))
    )


def _size_order(indices: set[Index]) -> tuple[int, list[Index]]:
    return len(indices), sorted(indices)


def _loop(expr: Expr) -> set[Index]:
    """The indices of the deepest loop of an expression."""
    loops = [set(n.bound) | set(n.args[0].free) for n in walk(expr) if isinstance(n, nodes.Reduce)]
    return max(loops, key=_size_order, default=set(expr.free))


def _volume(c: Context, indices: set[Index]) -> Layout:
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


def code(c: Context) -> Section | None:
    """Each function's lines beside the numbers of their equations; what only the code names gets an equation here."""
    listings = [listing for listing in c.parts.listings if listing.part != "textbook"]
    if not listings:
        return None
    blocks: list[Block] = [Paragraph(c.language.say("code.intro"))]
    fresh: dict[str, Equation] = {}
    lines = [(listing, _lines(c, listing, fresh)) for listing in listings]
    if fresh:
        blocks.append(Paragraph(c.language.say("code.named")))
        blocks += fresh.values()
    for listing, written in lines:
        blocks.append(Paragraph(c.language.say(f"code.{listing.part}")))
        blocks.append(Code(written, listing.language))
    return Section("code", c.language.word("section.code"), tuple(blocks))


def _lines(c: Context, listing: Listing, fresh: dict[str, Equation]) -> tuple[CodeLine, ...]:
    return tuple(CodeLine(s.text, _key(c, listing.part, s, fresh)) for s in listing.statements)


def _key(c: Context, part: str, statement: Statement, fresh: dict[str, Equation]) -> str:
    """The key of the equation that a line computes: one that the proof has, or a new one."""
    if not isinstance(statement.left, nodes.Ref) or statement.value is None:
        return ""
    name = statement.left.tensor.name
    program = c.forward if part == "forward" else c.backward
    kind = "forward" if part == "forward" else "theorem"
    if program.assignment(name):
        return f"{kind}:{name}"
    key = f"code:{part}:{name}"
    fresh.setdefault(key, c.equation(c.layout(statement.left), c.layout(statement.value), key))
    return key


def textbook(c: Context) -> Section | None:
    """The textbook's lines, and the expanded closed form that they compute."""
    listings = [listing for listing in c.parts.listings if listing.part == "textbook"]
    if not listings:
        return None
    blocks: list[Block] = [Paragraph(c.language.say("textbook.intro"))]
    for listing in listings:
        blocks.append(Code(tuple(CodeLine(s.text) for s in listing.statements), listing.language))
        blocks += [c.equation(c.layout(s.left), c.layout(s.value)) for s in listing.statements
                   if s.left is not None and s.value is not None]  # fmt: skip
    blocks.append(Paragraph(c.language.say("textbook.same")))
    wanted = {o.tensor for o in c.backward.outputs}
    for a in c.backward.assignments:
        if a.tensor in wanted and expanded(a.value) is not a.value:
            left = c.layout(a.left)
            blocks.append(
                Equation((Line(left, c.layout(a.value)), Line(None, c.layout(expanded(a.value)))))
            )
    blocks.append(Paragraph(c.language.say("textbook.why")))
    return Section("textbook", c.language.word("section.textbook"), tuple(blocks))


def expanded(expr: Expr) -> Expr:
    """A product with its sum multiplied out: o_i (g_i - s) is o_i g_i - o_i s."""
    if not isinstance(expr, nodes.Mul):
        return expr
    inner = next((f for f in expr.args if isinstance(f, nodes.Add)), None)
    if inner is None:
        return expr
    others = [f for f in expr.args if f is not inner]
    return nodes.add(*(nodes.mul(*others, term) for term in inner.args))


def certificate(c: Context) -> Section | None:
    """What was checked, as the verification says it."""
    if not c.parts.certificate:
        return None
    items: tuple[Inline, ...] = tuple((line,) for line in c.parts.certificate)
    return Section("certificate", c.language.word("section.certificate"), (Items(items),))
