"""Parts, places, orders of axes and new shapes of arrays in NumPy's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays import moves, nodes
from ...arrays.axes import Axes
from ...arrays.nodes import NUMBER
from ..python.spelling import Spelling, Words
from ..python.syntax import (
    Literal,
    Name,
    Row,
    Slice,
    Star,
    Syntax,
    binary,
    call,
    literal,
    member,
    row,
    subscript,
)
from .arithmetic import dtype_of


def _lengths(spell: Spelling, array: nodes.Lengths) -> Syntax:
    shape = member(Name(array.name), "shape")
    return Star(subscript(shape, Slice(None, literal(-array.others))) if array.others else shape)


def _permuted(spell: Spelling, array: moves.Permuted) -> Syntax:
    source, order = array.value.axes, array.axes
    value = spell.write(array.value)
    moved = [n for n, (a, b) in enumerate(zip(source, order, strict=True)) if a != b]
    if len(source) == 2 and not any(a is not None and a.dim.is_batch for a in source):
        return member(value, "T")
    if len(moved) == 2:
        first, second = (n - len(source) for n in moved)
        pair = (-1, -2) if first == -2 else (first, second)
        return call("np.swapaxes", value, *map(literal, pair))
    places = [literal(source.index(a) - len(source)) for a in order]
    trailing = [literal(-n) for n in range(len(order), 0, -1)]
    return call("np.moveaxis", value, row(*places), row(*trailing))


def _unit(spell: Spelling, array: moves.Unit) -> Syntax:
    value = spell.write(array.value)
    if spell.axis != "-1":
        if len(array.axes) > len(array.value.axes):
            return call("np.expand_dims", value, spell.axis)
        return call("np.squeeze", value, axis=spell.axis)
    return subscript(value, *_unit_items(array.value.axes, array.axes))


def _unit_items(have: Axes, wanted: Axes) -> list[Syntax]:
    """`:, None, 0`: axes of length one added and dropped."""
    items: list[str] = []
    source = list(have)
    for target in wanted:
        if target is None:
            if source and source[0] is None:
                source.pop(0)
                items.append(":")
            else:
                items.append("None")
            continue
        while source and source[0] is None:
            source.pop(0)
            items.append("0")
        source.pop(0)
        items.append("..." if target.dim.is_batch else ":")
    items += ["0"] * len(source)
    while items and items[-1] == ":" and "..." not in items:
        items.pop()
    return [Name(item) for item in items]


def _rolled(spell: Spelling, array: moves.Rolled) -> Syntax:
    by, places = (tuple(map(spell.write, array.by)), tuple(map(literal, array.places)))
    alone = len(array.axes) == 1 and not any(a and a.dim.is_batch for a in array.axes)
    options = {} if alone else {"axis": places[0] if len(places) == 1 else Row(places)}
    moved = by[0] if len(by) == 1 else Row(by)
    return call("np.roll", spell.write(array.value), moved, **options)


def each_row(labels: Syntax) -> tuple[Syntax, Syntax]:
    """The items that take of each row the element at its own label."""
    return call("np.arange", call("len", labels)), labels


def _clipped(spell: Spelling, array: moves.Clipped) -> Syntax:
    length = subscript(member(Name(array.name), "shape"), literal(array.place))
    limit = binary("-", length, Literal("1"))
    return call("np.clip", spell.write(array.value), Literal("0"), limit)


def _filled(spell: Spelling, array: moves.Filled) -> Syntax:
    value = spell.write(array.value)
    if array.like:
        for count, function in enumerate(("np.zeros_like", "np.ones_like")):
            if array.value == nodes.number(count):
                return call(function, array.like)
        return call("np.full_like", array.like, value)
    shape = Row(tuple(map(spell.write, array.shape)))
    if array.value.kind == NUMBER:
        return call("np.full", shape, value, dtype=dtype_of(array.dtype))
    return call(member(call("np.broadcast_to", value, shape), "copy"))


def _reshaped(spell: Spelling, array: moves.Reshaped) -> Syntax:
    return call(member(spell.write(array.value), "reshape"), *map(spell.write, array.lengths))


def _moved(spell: Spelling, array: moves.MovedAxis) -> Syntax:
    places = (Name("axis"), literal(-1))
    return call("np.moveaxis", spell.write(array.value), *(places[::-1] if array.back else places))


def _joining(function: str) -> Callable[[Spelling, Any], Syntax]:
    def write(spell: Spelling, array: Any) -> Syntax:
        values = Row(tuple(map(spell.write, array.values)), "[]")
        return call(function, values, axis=literal(array.place))

    return write


MOVES: Words = {
    nodes.Lengths: _lengths,
    moves.Permuted: _permuted,
    moves.Unit: _unit,
    moves.Sliced: lambda s, a: subscript(s.write(a.value), *s.items(a.items)),
    moves.Rolled: _rolled,
    moves.TakenRows: lambda s, a: subscript(s.write(a.value), *s.items((a.labels, *a.items))),
    moves.TakenEach: lambda s, a: subscript(s.write(a.value), *each_row(s.write(a.labels))),
    moves.TakenAlong: lambda s, a: call(
        "np.take_along_axis", s.write(a.value), s.write(a.places), axis=literal(-1)
    ),
    moves.Gathered: lambda s, a: subscript(s.write(a.value), *map(s.item, a.places)),
    moves.Clipped: _clipped,
    moves.Diagonal: lambda s, a: call(
        "np.diagonal", s.write(a.value), axis1=literal(-2), axis2=literal(-1)
    ),
    moves.Stacked: _joining("np.stack"),
    moves.Concatenated: _joining("np.concatenate"),
    moves.Filled: _filled,
    moves.Copied: lambda s, a: call(member(s.write(a.value), "copy")),
    moves.Reshaped: _reshaped,
    moves.MovedAxis: _moved,
}
