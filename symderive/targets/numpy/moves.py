"""Parts, places and new shapes of arrays in NumPy's words."""

from __future__ import annotations

from ...arrays import moves
from ...arrays.nodes import NUMBER, number
from ..python.common import each_row, joining
from ..python.spelling import Spelling, Words
from ..python.syntax import Row, Syntax, call, literal, member, subscript
from .arithmetic import dtype_of


def _filled(spell: Spelling, array: moves.Filled) -> Syntax:
    value = spell.write(array.value)
    if array.like:
        for count, function in enumerate(("np.zeros_like", "np.ones_like")):
            if array.value == number(count):
                return call(function, array.like)
        return call("np.full_like", array.like, value)
    shape = Row(tuple(map(spell.write, array.shape)))
    if array.value.kind == NUMBER:
        return call("np.full", shape, value, dtype=dtype_of(array.dtype))
    return call(member(call("np.broadcast_to", value, shape), "copy"))


def _reshaped(spell: Spelling, array: moves.Reshaped) -> Syntax:
    return call(member(spell.write(array.value), "reshape"), *map(spell.write, array.lengths))


MOVES: Words = {
    moves.TakenRows: lambda s, a: subscript(s.write(a.value), *s.items((a.labels, *a.items))),
    moves.TakenEach: lambda s, a: subscript(s.write(a.value), *each_row(s, s.write(a.labels))),
    moves.TakenAlong: lambda s, a: call(
        "np.take_along_axis", s.write(a.value), s.write(a.places), axis=literal(-1)
    ),
    moves.Gathered: lambda s, a: subscript(s.write(a.value), *map(s.item, a.places)),
    moves.Diagonal: lambda s, a: call(
        "np.diagonal", s.write(a.value), axis1=literal(-2), axis2=literal(-1)
    ),
    moves.Concatenated: joining("concatenate"),
    moves.Filled: _filled,
    moves.Copied: lambda s, a: call(member(s.write(a.value), "copy")),
    moves.Reshaped: _reshaped,
}
