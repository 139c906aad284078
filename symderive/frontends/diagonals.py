"""Diagonals: those of a matrix, on, above or below its own; their sum; the matrix of one."""

from __future__ import annotations

from typing import Any

from ..index import nodes
from ..index.nodes import ONE, delta
from .array import BOOL, INT, Array, apply, made, number_axes, rename, shown_only
from .broadcasting import as_array, axis_length, place_of
from .context import current, spread
from .contractions import contract
from .creation import place_on
from .indexing import along
from .registry import rules


def _from_its_start(a: Any, offset: Any, axis1: int, axis2: int) -> tuple[Array, int, int]:
    """The part of an array whose own diagonal over two axes is the one asked for, and the axes."""
    array, shift = as_array(a), int(offset)
    rows, columns = place_of(array, axis1), place_of(array, axis2)
    if rows == columns:
        raise current().wrong("a diagonal is over two axes, not one")
    for place, skipped in ((rows, max(-shift, 0)), (columns, max(shift, 0))):
        array = along(array, place, slice(skipped, None)) if skipped else array
    lengths = [axis_length(array.axes[place]) for place in (rows, columns)]
    longer = spread(lengths[0] - lengths[1])
    if ONE in lengths and longer is not nodes.ZERO:
        place = columns if lengths[0] is ONE else rows
        array = along(array, place, slice(0, 1))
    elif isinstance(longer, nodes.Num) and longer is not nodes.ZERO:
        place = rows if longer.value > 0 else columns
        array = along(array, place, slice(0, -abs(int(longer.value))))
    return array, rows, columns


def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Array:
    """Σ_i a_ii; truth values are counted."""
    array, rows, columns = _from_its_start(a, offset, axis1, axis2)
    array = Array(array.value, array.axes, INT if array.kind == BOOL else array.kind)
    names: list[Any] = list(range(len(array.axes)))
    names[columns] = names[rows]
    return contract([array], [names], [x for x in names if names.count(x) == 1], "trace")


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """a_ii, as the last axis."""
    array, rows, columns = _from_its_start(a, offset, axis1, axis2)
    names: list[Any] = list(range(len(array.axes)))
    names[columns] = names[rows]
    kept = [*(x for x in names if names.count(x) == 1), names[rows]]
    return shown_only(array, lambda part: contract([part], [names], kept, "diagonal"))


def diag(v: Any, k: int = 0) -> Array:
    """The diagonal of a matrix, or the matrix of a diagonal."""
    array, shift = as_array(v), int(k)
    if len(array.axes) == 2:
        return diagonal(array, shift)
    if len(array.axes) != 1:
        raise current().wrong("np.diag is of a vector or of a matrix")
    axes = number_axes([tuple(i.dim for i in array.axes[0])] * 2)
    value = rename(array.value, zip(array.axes[0], axes[0], strict=True))
    on = delta(place_on(axes[0]), place_on(axes[1])) * value
    matrix = made(on, axes, array.kind)
    above, below = max(shift, 0), max(-shift, 0)
    return apply("pad", matrix, ((below, above), (above, below))) if shift else matrix


rules(
    {
        "trace": trace,
        "linalg.trace": lambda x, *, offset=0, dtype=None: trace(x, offset, -2, -1),
        "diagonal": diagonal,
        "linalg.diagonal": lambda x, *, offset=0: diagonal(x, offset, -2, -1),
        "diag": diag,
        "diagflat": lambda v, k=0: diag(apply("ravel", as_array(v)), k),
    }
)
