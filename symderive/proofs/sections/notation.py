"""Notation and assumptions: what each symbol is called in the code, over which axes it runs, what
is taken for granted."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.functions import FUNCTIONS, Function
from ...index.nodes import Tensor
from ...index.walk import walk
from ..context import LOSS, Context, expressions
from ..layout import EQUALS, MINUS, Fence, Layout, Script, Symbol, joined, number, row
from ..phrases import condition
from ..tree import Block, Inline, Items, Math, Paragraph, Section, Table, Typed


def notation(c: Context) -> tuple[Section, ...]:
    """The table of symbols, and the conventions that the rest relies on."""
    say = c.language.say
    head = (say("notation.symbol"), say("notation.typed"), say("notation.meaning"))
    items = tuple(
        filter(
            None,
            (
                _lengths(c),
                _delta(c),
                _bracket(c),
                _around(c),
                _rows(c),
                *_functions(c),
                _conventions(c),
            ),
        )
    )
    blocks: list[Block] = [_loss(c), Table(head, _symbols(c))]
    blocks += [Items(items, full=True)] if items else []
    return (Section("notation", c.language.say("section.notation"), tuple(blocks)),)


def _loss(c: Context) -> Paragraph:
    cotangent = c.parts.derived.cotangent
    output = c.forward.output.tensor
    wanted: list[Layout] = [c.name(o.tensor) for o in c.backward.outputs]
    bar = c.element(cotangent, output.indices)
    return Paragraph(
        c.language.say(
            "notation.loss",
            L=Math(LOSS),
            bar=Math(bar),
            partial=Math(c.partial_inline(c.element(output))),
            given=Math(c.name(cotangent)),
            code=Typed(cotangent.name),
            wanted=Math(joined(wanted, Symbol(",", "punctuation"))),
        )
    )


def _symbols(c: Context) -> tuple[tuple[Inline, ...], ...]:
    rows = [_symbol(c, a.tensor, _domain(c, a.tensor)) for a in c.forward.arguments]
    for p in c.forward.parameters:
        value = Math(c.layout(nodes.num(_exact(p.default))))
        rows.append(_symbol(c, p.tensor, c.language.say("notation.parameter", value=value)))
    output = c.forward.output.tensor
    for tensor in (a.tensor for a in c.forward.assignments):
        key = "notation.output" if tensor == output else "notation.intermediate"
        rows.append(_symbol(c, tensor, c.language.say(key)))
    cotangent = c.parts.derived.cotangent
    rows.append(_symbol(c, cotangent, _gradient(c, "notation.cotangent", output)))
    wanted = {o.tensor for o in c.backward.outputs}
    for tensor in (a.tensor for a in c.backward.assignments):
        of = _cotangent_of(c, tensor)
        key = "notation.gradient" if tensor in wanted else "notation.shared"
        rows.append(
            _symbol(
                c, tensor, _gradient(c, key, of) if of else c.language.say("notation.intermediate")
            )
        )
    return tuple(rows)


def _exact(default: float) -> nodes.Number:
    from fractions import Fraction  # a parameter's default is the one float of a program

    return Fraction(repr(default))


def _symbol(c: Context, tensor: Tensor, meaning: Inline) -> tuple[Inline, ...]:
    return (Math(c.element(tensor)),), (Typed(tensor.name),), meaning


def _gradient(c: Context, key: str, of: Tensor) -> Inline:
    return c.language.say(key, partial=Math(c.partial_inline(c.element(of))))


def _cotangent_of(c: Context, tensor: Tensor) -> Tensor | None:
    known = [a.tensor for a in c.forward.arguments] + [a.tensor for a in c.forward.assignments]
    return next((t for t in known if f"d{t.name}" == tensor.name), None)


def _domain(c: Context, tensor: Tensor) -> Inline:
    domain = tensor.domain
    key = f"notation.input_{domain.kind}"
    if c.language.get(key) is not None:
        return c.language.say(key)
    said = c.listed(
        [condition(c.language, c.names, line) for line in domain.conditions(tensor.name)]
    )
    return c.language.say("notation.input_within", conditions=said)


def _lengths(c: Context) -> Inline:
    parts: list[Inline] = []
    for dim in c.forward.dims:
        index = c.names.index(Index(dim).letter)
        if index is not None:
            last = c.layout(nodes.size(dim)) if not dim.is_batch else c.names.length(dim)
            parts.append((Math(row(index, EQUALS, _range(last))),))
    return c.language.say("notation.lengths", lengths=c.listed(parts)) if parts else ()


def _range(last: Layout) -> Layout:
    return joined([number(0), Symbol("…"), row(last, MINUS, number(1))], Symbol(",", "punctuation"))


def _delta(c: Context) -> Inline:
    if not _shown(c, nodes.Delta):
        return ()
    return c.language.say(
        "notation.delta", delta=Math(Script(Symbol("δ"), below=row(Symbol("i"), Symbol("k"))))
    )


def _bracket(c: Context) -> Inline:
    if not _shown(c, nodes.Bracket):
        return ()
    inner = row(Symbol("a"), Symbol(">", "relation"), Symbol("b"))
    return c.language.say("notation.bracket", bracket=Math(Fence(inner, "[", "]")))


def _around(c: Context) -> Inline:
    if not _shown(c, nodes.Mod):
        return ()
    index, length = Symbol("k"), Symbol("n")
    place = row(index, Symbol("mod", "operator"), length)
    return c.language.say(
        "notation.around", place=Math(place), index=Math(index), length=Math(length)
    )


def _shown(c: Context, kind: type[nodes.Expr]) -> bool:
    return any(isinstance(node, kind) for expr in expressions(c.parts) for node in walk(expr))


def _functions(c: Context) -> list[Inline]:
    """What the functions are that a textbook does not name."""
    found = {n.function for e in expressions(c.parts) for n in walk(e) if isinstance(n, nodes.Call)}
    said = []
    for name in sorted(found):
        function = FUNCTIONS[name]
        if function.definition is None:
            continue
        left = c.layout(nodes.call(name, *function.arguments))
        value = function.definition(*function.arguments)
        definition = Math(row(left, EQUALS, c.layout(value)))
        known = "notation.function" if function.numpy else "notation.defined"
        said.append(c.language.say(known, definition=definition))
    return said


def _rows(c: Context) -> Inline:
    batch = next((d for d in c.forward.dims if d.is_batch), None)
    if batch is None:
        return ()
    if not c.names.row_letter:
        return c.language.say("notation.rows")
    return c.language.say("notation.rows_letter", index=Math(Symbol(c.names.row_letter)))


def _conventions(c: Context) -> Inline:
    """The notes of the functions with a kink that the forward uses."""
    derived = [a for a in c.forward.assignments if not a.constant]
    found = [node for a in derived for node in walk(a.value)]
    used = sorted(
        {n.function for n in found if isinstance(n, nodes.Call) and n.function in FUNCTIONS}
    )
    notes = [_note(c, FUNCTIONS[name]) for name in used if FUNCTIONS[name].note]
    extrema = [n for n in found if isinstance(n, nodes.Reduce) and n.op in ("max", "min")]
    keys = ["convention.extremum"] if extrema else []
    keys += ["convention.root"] if any(a.kink for a in derived) else []
    keys += ["convention.sided"] if any(a.sided is not None for a in derived) else []
    notes += [c.language.say(k) for k in keys]
    return c.language.say("notation.conventions", notes=c.listed(notes)) if notes else ()


def _note(c: Context, function: Function) -> Inline:
    """The convention in the proof's language, where that tells it, or else as the record does."""
    key = f"convention.{function.name}"
    return c.language.say(key) if key in c.language.texts else (function.note,)


def dims_of(c: Context) -> tuple[Dim, ...]:
    """The dims that equations show."""
    return tuple(d for d in c.forward.dims if not d.is_batch or c.names.row_letter)
