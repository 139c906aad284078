"""Functions that only move, merge, split or add axes: views, which follow their array and write
through to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..index.nodes import ZERO
from .array import BOOL, FLOAT, INT, Array, Axes, apply, canonical, rename, shown_only, view_of
from .broadcasting import align, as_array, as_length, axis_length, is_batched, place_of, places_of
from .context import current
from .dims import layout_text
from .elementwise import copy
from .registry import METHODS, rules


def _arranged(array: Array, order: Sequence[int]) -> Array:
    value, axes = canonical(array.value, tuple(array.axes[p] for p in order))
    return Array(value, axes, array.kind)


def permuted(array: Array, order: Sequence[int]) -> Array:
    """The axes in another order."""
    back = [order.index(p) for p in range(len(order))]
    return view_of(array, lambda a: _arranged(a, order), lambda a, new: _arranged(new, back))


def transpose(a: Any, axes: Any = None) -> Array:
    """The axes in reverse, or in the order given."""
    array = as_array(a)
    if axes is None and is_batched(array):
        raise current().wrong("transpose turns '...' around too; use np.swapaxes(x, -1, -2)")
    order = (
        list(range(len(array.axes)))[::-1] if axes is None else [place_of(array, p) for p in axes]
    )
    if sorted(order) != list(range(len(array.axes))):
        raise current().wrong(
            f"transpose{tuple(axes)} does not name every axis of {array.described()} once"
        )
    return permuted(array, order)


def swapaxes(a: Any, axis1: Any, axis2: Any) -> Array:
    """Two axes exchanged."""
    array = as_array(a)
    order = list(range(len(array.axes)))
    p, q = place_of(array, axis1), place_of(array, axis2)
    order[p], order[q] = q, p
    return permuted(array, order)


def moveaxis(a: Any, source: Any, destination: Any) -> Array:
    """Axes moved to new places."""
    array = as_array(a)
    origin, goal = places_of(array, source), places_of(array, destination)
    order = [p for p in range(len(array.axes)) if p not in origin]
    for place, moved in sorted(zip(goal, origin, strict=True)):
        order.insert(place, moved)
    return permuted(array, order)


def with_axes(array: Array, change: Callable[[Axes], Axes], sure: bool = True) -> Array:
    """The same indices over regrouped axes; sure: a view, however the array lies in memory."""
    return view_of(
        array,
        lambda a: Array(a.value, change(a.axes), a.kind),
        lambda a, new: Array(
            rename(new.value, zip(new.indices, a.indices, strict=True)), a.axes, new.kind
        ),
        sure,
    )


def expand_dims(a: Any, axis: Any) -> Array:
    """Axes of length one put in."""
    array = as_array(a)
    given = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    rank = len(array.axes) + len(given)
    if any(not -rank <= p < rank for p in given):
        raise current().wrong(f"axis {axis} is out of range for a result of {rank} axes")
    if is_batched(array) and any(p > 0 or (p == -rank + 1 and len(given) > 1) for p in given):
        raise current().wrong(f"count axis {axis} from the end: '...' stands in front")
    goal = {p % rank for p in given}

    def change(axes: Axes) -> Axes:
        rest = iter(axes)
        return tuple(() if p in goal else next(rest) for p in range(rank))

    return with_axes(array, change)


def squeeze(a: Any, axis: Any = None) -> Array:
    """Axes of length one left out."""
    array = as_array(a)
    gone = (
        {p for p, held in enumerate(array.axes) if not held}
        if axis is None
        else set(places_of(array, axis))
    )
    if any(array.axes[p] for p in gone):
        raise current().wrong(
            f"squeeze(axis={axis}): that axis of {array.described()} is not of length 1"
        )
    return with_axes(array, lambda axes: tuple(x for p, x in enumerate(axes) if p not in gone))


def lengths(array: Array) -> tuple[Any, ...]:
    """The lengths of the real axes."""
    known = (as_length(axis_length(axis)) for axis in array.axes)
    return BatchShape(known) if is_batched(array) else tuple(known)


class BatchShape(tuple[Any, ...]):
    """The shape of an array with '...' in front: only the end of it is known one by one."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, int) and not -len(self) < key < 0:
            raise self._unknown()
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        raise self._unknown()

    def _unknown(self) -> Exception:
        return current().unsupported(
            "'...' stands for any number of leading dims: ask for lengths from the end, such as "
            "x.shape[-1], or name the dims"
        )


def total(array: Array) -> Any:
    """The number of elements."""
    return as_length(axis_length(array.indices))


def rank(array: Array) -> int:
    """The number of real axes."""
    if array.axes and any(i.dim.is_batch for i in array.axes[0]):
        raise current().unsupported(
            "the number of axes is not known where '...' stands in the dims; name the dims"
        )
    return len(array.axes)


def ravel(a: Any, order: str = "C") -> Array:
    """All axes merged into one."""
    array = as_array(a)
    return with_axes(array, lambda axes: (tuple(i for axis in axes for i in axis),), sure=False)


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Array:
    """The array repeated along new axes, without a copy."""
    like = apply("full", shape, 0)
    return _spread_like(as_array(array), like)


def _spread_like(array: Array, like: Array) -> Array:
    def read(a: Array) -> Array:
        (value, _), axes = align(a, like)
        return Array(value, axes, a.kind)

    return shown_only(array, read)


def broadcast_arrays(*arrays: Any, subok: bool = False) -> tuple[Array, ...]:
    """Every array over the common axes; one that has them already is returned itself."""
    _, axes = align(*arrays)
    like = Array(ZERO, axes)
    given = [as_array(a) for a in arrays]
    return tuple(a if a.layout == like.layout else _spread_like(a, like) for a in given)


def atleast(rank: int) -> Callable[..., Array]:
    """Axes of length one in front, up to `rank` axes."""

    def rule(a: Any) -> Array:
        array = as_array(a)
        missing = max(0, rank - len(array.axes))
        return expand_dims(array, tuple(range(missing))) if missing else array

    return rule


def rows(array: Array) -> Any:
    """Iteration over the first axis, where its length is known."""
    first = lengths(array)[0] if array.axes else 0
    if isinstance(first, Array):
        raise current().unsupported(
            f"iterating over the named dim '{layout_text(array.layout[:1])}' is not supported: "
            "its length is symbolic; "
            "write the loop as array operations"
        )
    return [array[n] for n in range(first)]


def length(array: Array) -> Any:
    """len(array)."""
    if not array.axes:
        raise current().wrong("len() of a scalar")
    return lengths(array)[0]  # an error where '...' stands in front


def dtype(array: Array) -> Any:
    """The type that the numbers would have."""
    return np.dtype({FLOAT: "float64", INT: "int64", BOOL: "bool"}[array.kind])


def _method_transpose(array: Array, *axes: Any) -> Array:
    flat = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
    return transpose(array, flat or None)


def unknown(array: Array, name: str) -> Any:
    """An attribute that symbolic arrays lack."""
    raise current().unsupported(
        f"the attribute '.{name}' of an array is not supported in a forward"
    )


rules(
    {
        "transpose": transpose,
        "permute_dims": transpose,
        "matrix_transpose": lambda x: swapaxes(x, -1, -2),
        "linalg.matrix_transpose": lambda x: swapaxes(x, -1, -2),
        "swapaxes": swapaxes,
        "moveaxis": moveaxis,
        "expand_dims": expand_dims,
        "squeeze": squeeze,
        "ravel": ravel,
        "broadcast_to": broadcast_to,
        "broadcast_arrays": broadcast_arrays,
        "shape": lambda a: lengths(as_array(a)),
        "ndim": lambda a: rank(as_array(a)),
        "size": lambda a, axis=None: total(a) if axis is None else lengths(a)[place_of(a, axis)],
        "atleast_1d": atleast(1),
        "atleast_2d": atleast(2),
    }
)
METHODS.update(
    {
        "transpose": _method_transpose,
        "flatten": lambda a, order="C": copy(ravel(a)),
        "shape": lengths,
        "size": total,
        "ndim": rank,
        "rows": rows,
        "length": length,
        "dtype": dtype,
        "unknown": unknown,
    }
)
