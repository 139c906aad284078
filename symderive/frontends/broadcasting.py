"""NumPy's broadcasting over named dims, and real axes by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from .array import BOOL, INT, Array, Axes, apply, number_axes, rename
from .constants import number
from .context import current
from .dims import layout_text


def as_array(value: Any) -> Array:
    """Numbers and small constant arrays become symbolic arrays; symbolic arrays stay what they
    are."""
    if isinstance(value, Array):
        return value
    if isinstance(value, (bool, np.bool_)):
        return Array(number(value), (), BOOL)
    if isinstance(value, (int, np.integer)):
        return Array(number(value), (), INT)
    if isinstance(value, (float, np.floating, complex)):
        return Array(number(value), ())
    if isinstance(value, (np.ndarray, list, tuple)):
        return apply("constant", value)
    if hasattr(value, "__array_ufunc__"):  # it says itself why it cannot be one
        np.asarray(value)
    raise current().unsupported(
        f"{type(value).__name__} is not something that an array is combined with"
    )


def align(*given: Any) -> tuple[list[Expr], Axes]:
    """NumPy's broadcasting: the values over common axes, lined up from the right."""
    arrays = [as_array(g) for g in given]
    depth = max(len(a.axes) for a in arrays)
    layout = [_joined(arrays, place) for place in range(-depth, 0)]
    axes = number_axes(layout)
    values = []
    for array in arrays:
        pairs: list[tuple[Index, Index]] = []
        for mine, common in zip(reversed(array.axes), reversed(axes), strict=False):
            pairs.extend(zip(mine, common, strict=True) if mine else ())
        values.append(rename(array.value, pairs))
    return values, axes


def _joined(arrays: list[Array], place: int) -> tuple[Dim, ...]:
    """What the arrays hold at one place from the right; they agree, or hold an axis of length
    one."""
    joined: tuple[Dim, ...] = ()
    for array in arrays:
        held = array.layout[place] if len(array.axes) >= -place else ()
        if held and joined and not fits(held, joined):
            named = [f"'{layout_text((dims,))}'" for dims in (joined, held)]
            shapes = " and ".join(a.described() for a in arrays)
            raise current().wrong(
                f"dims {named[0]} and {named[1]} do not line up when {shapes} are combined; "
                "add an axis with [:, None], or name the dims alike if they are the same"
            )
        joined = joined or held
    return joined


def fits(left: Sequence[Dim], right: Sequence[Dim]) -> bool:
    """True where two axes hold the same dims, or dims of the same known lengths."""
    return len(left) == len(right) and all(
        a == b or (a.length is not None and a.length == b.length)
        for a, b in zip(left, right, strict=True)
    )


def axis_length(axis: Sequence[Index]) -> Expr:
    """The length of a real axis."""
    return nodes.mul(*(nodes.size(i.dim) for i in axis))


def as_length(value: Expr) -> Any:
    """A length as users see it: an int where it is known, else a symbolic scalar."""
    if isinstance(value, nodes.Num) and value.value.denominator == 1:
        return int(value.value)
    return Array(value, (), INT)


def place_of(array: Array, axis: Any) -> int:
    """A real axis counted from 0; counted from the end where '...' stands in front."""
    rank = len(array.axes)
    if isinstance(axis, Array) or not isinstance(axis, (int, np.integer)):
        raise current().unsupported(f"an axis must be a plain whole number, not {axis!r}")
    if not -rank <= axis < rank:
        raise current().wrong(
            f"axis {axis} is out of range for an array of dims {array.described()}"
        )
    if is_batched(array) and (axis >= 0 or axis == -rank):
        raise current().wrong(
            f"axis {axis} lies within '...', which stands for any number of leading dims; "
            "count axes from the end, or name the dims"
        )
    return int(axis) % rank


def is_batched(array: Array) -> bool:
    """True where '...' stands in front."""
    return bool(array.axes) and any(i.dim.is_batch for i in array.axes[0])


def places_of(array: Array, axis: Any) -> tuple[int, ...]:
    """All real axes that an `axis` argument means; None means every one."""
    if axis is None:
        return tuple(range(len(array.axes)))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = tuple(place_of(array, a) for a in given)
    if len(set(places)) < len(places):
        raise current().wrong(f"axis {axis} names an axis twice")
    return places
