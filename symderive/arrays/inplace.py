"""Lines → the same lines, written into arrays that are there: no temporary of the result's size.

`dx = y * (dy - inner)` is `subtract(dy, inner)` into dx, then `multiply(y, dx)` into dx.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .lines import INTO, OVER, Line
from .moves import Unit
from .nodes import NUMBER, Array, Elementwise, Held, Number, Operation, walk

FUNCTIONS = frozenset({  # that write into an array which is given to them
    "multiply", "divide", "add", "subtract", "negative", "sigmoid",
    "exp", "expm1", "log", "log1p", "logaddexp", "sqrt", "tanh", "sin", "cos", "abs", "sign",
    "maximum", "minimum",
})  # fmt: skip


def into(line: Line, is_like: Callable[[str], bool]) -> list[Line]:
    """The lines that write its value into the array of its name.

    is_like: whether a name is an array of real numbers of the same shape.
    """
    values = _filled(line.value, line.name, is_like)
    if not values:
        return [replace(line, how=OVER)]
    *before, last = values
    steps = [Line(line.name, value, "", line.equation, how=INTO) for value in before]
    return [*steps, replace(line, value=last, how=INTO)]


def is_single(value: Array) -> bool:
    """True for one function of arrays as they are: nothing lies between."""
    args = _arguments(value)
    return args is not None and all(isinstance(a, (Held, Number)) for a in args)


def _arguments(value: Array) -> tuple[Array, ...] | None:
    """The arguments of an elementwise function that writes into an array."""
    if not isinstance(value, Elementwise) or value.kind == NUMBER:
        return None
    return value.args if value.function in FUNCTIONS else None


def _filled(value: Array, name: str, is_like: Callable[[str], bool]) -> list[Array]:
    """The functions that fill an array, the deepest first; none where the last has no `out`."""
    args = _arguments(value)
    if args is None or not isinstance(value, Elementwise):
        return []
    before: list[Array] = []
    written = list(args)
    for place, argument in sorted(enumerate(args), key=lambda pair: -_depth(pair[1])):
        if _fills(argument, is_like) and not before:
            before = _filled(argument, name, is_like)
            written[place] = Held(name, axes=value.axes, kind=value.kind)
    return [*before, replace(value, args=tuple(written))]


def _fills(value: Array, is_like: Callable[[str], bool]) -> bool:
    """True for a function of arrays, one of which has the shape of the result."""
    names = [n.name for n in walk(value) if isinstance(n, Held)]
    return _arguments(value) is not None and any(map(is_like, names)) and _is_elementwise(value)


def _is_elementwise(value: Array) -> bool:
    """True where nothing but such functions stands in it: no label, no reduction, no choice."""
    if isinstance(value, Elementwise) and value.function == "power":
        return all(map(_is_elementwise, value.args))
    args = _arguments(value)
    if args is None:
        return isinstance(value, Held) or value.kind == NUMBER
    return all(map(_is_elementwise, args))


def _depth(value: Array) -> int:
    """How many operations on arrays there are in it; a sign is none."""
    return sum(isinstance(n, Operation) and not _is_free(n) for n in walk(value))


def _is_free(value: Array) -> bool:
    sign = isinstance(value, Elementwise) and value.function == "negative"
    return sign or value.kind == NUMBER or isinstance(value, Unit)
