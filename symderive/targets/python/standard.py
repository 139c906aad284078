"""What the Python array API standard says in words of its own, and libraries that follow it."""

from __future__ import annotations

import math

from ...arrays import moves, nodes
from ...arrays.nodes import ALL, LEADING, NUMBER, Array, Span
from ...errors import NotSupportedError
from .common import COMMON, axes_of, joining
from .spelling import OWN_FUNCTIONS, Spelling, Words
from .syntax import (
    Literal,
    Name,
    Row,
    Syntax,
    binary,
    call,
    literal,
    member,
    row,
    subscript,
)  # fmt: skip

STANDARD = {
    name: name
    for name in (
        "abs", "ceil", "cos", "cosh", "exp", "expm1", "floor", "floor_divide", "hypot", "isinf",
        "log", "log1p", "logaddexp", "maximum", "minimum", "remainder", "round", "sign", "sin",
        "sinh", "sqrt", "tan", "tanh")
} | {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_OF_NUMBERS = {
    function: name
    for function, name in {**STANDARD, "erf": "erf", "erfc": "erfc"}.items()
    if hasattr(math, name)
}
_BUILTIN = {"abs": "abs", "maximum": "max", "minimum": "min", "round": "round"}


def called(spell: Spelling, function: str) -> str:
    """The name of a scalar function: the standard's, or that of a function of the module."""
    return spell.own(function) or spell.fn(STANDARD[function])


def has_name(function: str) -> bool:
    """True for a scalar function that the standard has, or the module."""
    return function in STANDARD or function in OWN_FUNCTIONS


def _elementwise(spell: Spelling, array: nodes.Elementwise) -> Syntax:
    """A function of plain numbers is Python's own: a library would give it a dtype."""
    name = _BUILTIN.get(array.function, "")
    if array.function in _OF_NUMBERS and not name:
        name = spell.math(_OF_NUMBERS[array.function]) if array.kind == NUMBER else ""
    if array.kind != NUMBER or not name:
        return COMMON[nodes.Elementwise](spell, array)
    return call(name, *map(spell.write, array.args))


def dtype_of(name: str) -> Syntax:
    """The dtype of an array of real numbers."""
    if not name:
        raise NotSupportedError("no array of real numbers tells the dtype of the result")
    return member(Name(name), "dtype")


def on_device(spell: Spelling, function: str, *args: Syntax, **options: Syntax) -> Syntax:
    """A new array where the others are."""
    spell.helpers.add("device")
    return call(spell.fn(function), *args, **options, device=Name(spell.dialect.device))


def _choice(spell: Spelling, array: nodes.Choice) -> Syntax:
    """One of two numbers is an array: two plain numbers have no dtype."""
    then, otherwise = spell.write(array.then), spell.write(array.otherwise)
    if array.then.kind == array.otherwise.kind == NUMBER:
        then = on_device(spell, "asarray", then)
    return call(spell.fn("where"), spell.write(array.condition), then, otherwise)


def _guarded(spell: Spelling, array: nodes.GuardedQuotient) -> Syntax:
    above, below = spell.write(array.above), spell.write(array.below)
    there = binary(">", below, Literal("0"))
    divisor = call(spell.fn("where"), there, below, Literal("1"))
    return call(spell.fn("where"), there, binary("/", above, divisor), Literal("0"))


def _cast(spell: Spelling, value: Syntax, dtype: Syntax) -> Syntax:
    return call(spell.fn("astype"), value, dtype)


def _reduction(spell: Spelling, array: nodes.Reduction) -> Syntax:
    options: dict[str, Syntax] = {}
    if not array.every:
        options["axis"] = axes_of(spell, array)
        if array.keep:
            options["keepdims"] = Name("True")
    value = spell.write(array.value)
    if array.like is not None:
        value = _cast(spell, value, dtype_of(array.like))
    return call(spell.fn(array.op), value, **options)


def _dot(spell: Spelling, array: nodes.Dot) -> Syntax:
    axis = spell.place(-1)
    product = call(spell.fn("vecdot"), spell.write(array.left), spell.write(array.right), axis=axis)
    return call(spell.fn("expand_dims"), product, axis=axis) if array.keep else product


def _running(spell: Spelling, array: nodes.RunningSum) -> Syntax:
    place = spell.place(array.place)
    ends = (lambda value: call(spell.fn("flip"), value, axis=place)) if array.backwards else _same
    return ends(call(spell.fn("cumulative_sum"), ends(spell.write(array.value)), axis=place))


def _same(value: Syntax) -> Syntax:
    return value


def _sliced(spell: Spelling, array: moves.Sliced) -> Syntax:
    """Not every library has slices that run backwards."""
    turned = [n for n, item in enumerate(array.items) if item == Span(step=-1)]
    items = tuple(ALL if n in turned else item for n, item in enumerate(array.items))
    found: Syntax = subscript(spell.write(array.value), *spell.items(items))
    for place in turned:
        found = call(spell.fn("flip"), found, axis=literal(place - len(items)))
    return found


def _rows(spell: Spelling, array: moves.TakenRows) -> Syntax:
    value, labels = spell.write(array.value), spell.write(array.labels)
    if len(array.labels.axes) != 1:
        taken = spell.helper("_taken", value, labels, literal(0))
    else:
        taken = call(spell.fn("take"), value, labels, axis=literal(0))
    if all(item in (ALL, LEADING) for item in array.items):
        return taken
    whole = (ALL,) * len(array.labels.axes)
    return subscript(taken, *spell.items((*whole, *array.items)))


def _each(spell: Spelling, array: moves.TakenEach) -> Syntax:
    labels = spell.write(array.labels)
    length = subscript(member(labels, "shape"), Literal("0"))
    return subscript(spell.write(array.value), on_device(spell, "arange", length), labels)


def _along(spell: Spelling, array: moves.TakenAlong) -> Syntax:
    places = _cast(spell, spell.write(array.places), Name(spell.fn("int64")))
    value = spell.write(array.value)
    return call(spell.fn("take_along_axis"), value, places, axis=literal(-1))


def _clipped(spell: Spelling, array: moves.Clipped) -> Syntax:
    """A plain number is no array that the library could clip."""
    if array.value.kind != NUMBER:
        return COMMON[moves.Clipped](spell, array)
    last = binary(
        "-", subscript(member(Name(array.name), "shape"), literal(array.place)), Literal("1")
    )
    return call("min", spell.write(array.value), last)


def _gathered(spell: Spelling, array: moves.Gathered) -> Syntax:
    """Index arrays for the last axes; the standard has them for all axes or for one."""
    value, places = spell.write(array.value), list(array.places)
    if LEADING not in places:
        return subscript(value, *map(spell.item, places))
    if LEADING in places[1:] or not all(isinstance(p, Array) for p in places[1:]):
        raise NotSupportedError("the array API standard has no index of places beside whole axes")
    return spell.helper("_at", value, *map(spell.item, places[1:]))


def _filled(spell: Spelling, array: moves.Filled) -> Syntax:
    value = spell.write(array.value)
    if array.like:
        for count, function in enumerate(("zeros_like", "ones_like")):
            if array.value == nodes.number(count):
                return call(spell.fn(function), array.like)
        return call(spell.fn("full_like"), array.like, value)
    shape = Row(tuple(map(spell.write, array.shape)))
    if array.value.kind == NUMBER:
        return on_device(spell, "full", shape, value, dtype=dtype_of(array.dtype))
    return call(
        spell.fn("asarray"), call(spell.fn("broadcast_to"), value, shape), copy=Name("True")
    )


def _permuted(spell: Spelling, array: moves.Permuted) -> Syntax:
    source, order = array.value.axes, array.axes
    moved = [n for n, (a, b) in enumerate(zip(source, order, strict=True)) if a != b]
    if len(source) == 2 or len(moved) != 2:
        return COMMON[moves.Permuted](spell, array)
    pair = [literal(n - len(source)) for n in moved]
    return call(spell.fn("moveaxis"), spell.write(array.value), row(*pair), row(*pair[::-1]))


STANDARD_WORDS: Words = {
    **COMMON,
    nodes.Constant: lambda s, a: Name(s.math(a.name)),
    nodes.Count: lambda s, a: call(s.math("prod"), member(Name(a.name), "shape")),
    nodes.Arange: lambda s, a: on_device(s, "arange", s.write(a.length)),
    nodes.Elementwise: _elementwise,
    nodes.Choice: _choice,
    nodes.GuardedQuotient: _guarded,
    nodes.Cast: lambda s, a: _cast(s, s.write(a.value), dtype_of(a.like)),
    nodes.Whole: lambda s, a: _cast(s, s.write(a.value), Name(s.fn("int64"))),
    nodes.Reduction: _reduction,
    nodes.Dot: _dot,
    nodes.Flat: lambda s, a: s.helper("_rows", s.write(a.value)),
    nodes.RunningSum: _running,
    moves.Permuted: _permuted,
    moves.Sliced: _sliced,
    moves.TakenRows: _rows,
    moves.TakenEach: _each,
    moves.TakenAlong: _along,
    moves.Clipped: _clipped,
    moves.Gathered: _gathered,
    moves.Diagonal: lambda s, a: call(s.fn("linalg.diagonal"), s.write(a.value)),
    moves.Concatenated: joining("concat"),
    moves.Filled: _filled,
    moves.Copied: lambda s, a: call(s.fn("asarray"), s.write(a.value), copy=Name("True")),
    moves.Reshaped: lambda s, a: call(
        s.fn("reshape"), s.write(a.value), Row(tuple(map(s.write, a.lengths)))
    ),
}
