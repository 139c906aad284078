"""What all libraries of arrays for Python spell alike, but for the names of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arrays import moves, nodes
from ...arrays.axes import Axes
from ...arrays.nodes import NUMBER
from ...index.text import shortest
from .spelling import Spelling, Words
from .syntax import (
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
    negative,
    row,
    subscript,
)

OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "whole_quotient": "//",
    "modulo": "%", "power": "**", "and": "&",
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!=",
}  # fmt: skip


def _number(spell: Spelling, array: nodes.Number) -> Syntax:
    size = Literal(shortest(abs(array.value)))
    return negative(size) if array.value < 0 else size


def _elementwise(spell: Spelling, array: nodes.Elementwise) -> Syntax:
    args = [spell.write(a) for a in array.args]
    if array.function == "negative":
        return negative(args[0])
    if array.function in OPERATORS:
        return binary(OPERATORS[array.function], args[0], args[1])
    written = call(spell.dialect.function(spell, array.function), *args)
    scalar = array.kind == NUMBER and array.function != "ratio"  # that divides Python's own numbers
    return call("float", written) if scalar else written  # a scalar of a library may widen arrays


def axes_of(spell: Spelling, array: nodes.Reduction) -> Syntax:
    """The axes that are reduced."""
    axes = array.value.axes
    places = [n - len(axes) for n, a in enumerate(axes) if a in array.over]
    if array.batch is not None:
        name, others = array.batch
        rank = member(Name(name), "ndim")
        leading = call("range", binary("-", rank, literal(others)) if others else rank)
        rest = [literal(p) for p in places[1:]]
        return row(Star(leading), *rest) if rest else call("tuple", leading)
    if places == [-1]:
        return spell.place(-1)
    if -1 not in places and not any(a is not None and a.dim.is_batch for a in axes):
        places = [p + len(axes) for p in places]
    written = [literal(p) for p in places]
    return written[0] if len(written) == 1 else row(*written)


def _tensor_dot(spell: Spelling, array: nodes.TensorDot) -> Syntax:
    left, right = array.left.axes, array.right.axes
    over = [a for a in left if a in right]
    places = [left.index(a) for a in over], [right.index(a) for a in over]
    ends = (list(range(len(left) - len(over), len(left))), list(range(len(over))))
    axes: Syntax = row(*(row(*map(literal, p)) if len(p) > 1 else literal(p[0]) for p in places))
    axes = literal(len(over)) if places == ends else axes
    return call(spell.fn("tensordot"), spell.write(array.left), spell.write(array.right), axes=axes)


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
        return call(spell.fn("swapaxes"), value, *map(literal, pair))
    places = [literal(source.index(a) - len(source)) for a in order]
    trailing = [literal(-n) for n in range(len(order), 0, -1)]
    return call(spell.fn("moveaxis"), value, row(*places), row(*trailing))


def _unit(spell: Spelling, array: moves.Unit) -> Syntax:
    value = spell.write(array.value)
    if spell.axis != "-1":
        if len(array.axes) > len(array.value.axes):
            return call(spell.fn("expand_dims"), value, spell.axis)
        return call(spell.fn("squeeze"), value, axis=spell.axis)
    items = _unit_items(array.value.axes, array.axes)
    while spell.dialect.trims and items[-1] == Name(":") and Name("...") not in items:
        items.pop()
    return subscript(value, *items)


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
    return [Name(item) for item in items]


def _rolled(spell: Spelling, array: moves.Rolled) -> Syntax:
    by, places = (tuple(map(spell.write, array.by)), tuple(map(literal, array.places)))
    alone = len(array.axes) == 1 and not any(a and a.dim.is_batch for a in array.axes)
    options = {} if alone else {"axis": places[0] if len(places) == 1 else Row(places)}
    moved = by[0] if len(by) == 1 else Row(by)
    return call(spell.fn("roll"), spell.write(array.value), moved, **options)


def each_row(spell: Spelling, labels: Syntax) -> tuple[Syntax, Syntax]:
    """The items that take of each row the element at its own label."""
    return call(spell.fn("arange"), call("len", labels)), labels


def _clipped(spell: Spelling, array: moves.Clipped) -> Syntax:
    length = subscript(member(Name(array.name), "shape"), literal(array.place))
    limit = binary("-", length, Literal("1"))
    return call(spell.fn("clip"), spell.write(array.value), Literal("0"), limit)


def _moved(spell: Spelling, array: moves.MovedAxis) -> Syntax:
    places = (Name("axis"), literal(-1))
    return call(
        spell.fn("moveaxis"), spell.write(array.value), *(places[::-1] if array.back else places)
    )


def joining(function: str) -> Callable[[Spelling, Any], Syntax]:
    def write(spell: Spelling, array: Any) -> Syntax:
        values = Row(tuple(map(spell.write, array.values)), "[]")
        return call(spell.fn(function), values, axis=literal(array.place))

    return write


COMMON: Words = {
    nodes.Held: lambda s, a: Name(a.name),
    nodes.Number: _number,
    nodes.Constant: lambda s, a: Name(s.dialect.constants[a.name]),
    nodes.Length: lambda s, a: subscript(member(Name(a.name), "shape"), s.place(a.place)),
    nodes.Lengths: _lengths,
    nodes.Arange: lambda s, a: call(s.fn("arange"), s.write(a.length)),
    nodes.Elementwise: _elementwise,
    nodes.Choice: lambda s, a: call(s.fn("where"), *map(s.write, a.parts)),
    nodes.MatMul: lambda s, a: binary("@", s.write(a.left), s.write(a.right)),
    nodes.TensorDot: _tensor_dot,
    nodes.Applied: lambda s, a: call(a.function, *map(s.write, a.args)),
    moves.Permuted: _permuted,
    moves.Unit: _unit,
    moves.Sliced: lambda s, a: subscript(s.write(a.value), *s.items(a.items)),
    moves.Rolled: _rolled,
    moves.Clipped: _clipped,
    moves.MovedAxis: _moved,
    moves.Stacked: joining("stack"),
}
