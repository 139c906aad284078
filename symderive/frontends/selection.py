"""What `x[key]` selects: for each index of the array the place that it is fixed at, and the axes
that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..index.dims import Index
from ..index.nodes import Expr
from ..index.walk import substitute
from .array import FLOAT, Array, Axes, canonical, rename
from .broadcasting import align, as_array, is_batched
from .context import current
from .slices import pick, position, sliced

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Selection:
    """`places` says what indices of the array become; `axes` are the axes of the result, over new
    or old indices."""

    places: dict[Index, Expr]
    axes: Axes

    def read(self, array: Array) -> Array:
        """The selected elements."""
        value, axes = canonical(substitute(array.value, self.places), self.axes)
        return Array(value, axes, array.kind)


def select(array: Array, key: Key) -> Selection:
    """The selection of a key that is spelled out. Integer labels broadcast together; they stand
    where they stood, or first where they stood apart."""
    labels = [n for n, k in enumerate(key) if isinstance(k, Array) and k.axes]
    if labels:  # plain numbers among labels count as labels
        labels = [n for n, k in enumerate(key) if k is not None and not isinstance(k, slice)]
    apart = bool(labels) and labels != list(range(labels[0], labels[-1] + 1))
    chosen, placed = _labels(array, [key[n] for n in labels])
    places: dict[Index, Expr] = {}
    axes: list[tuple[Index, ...]] = list(placed) if apart else []
    left, picks = iter(array.axes), iter(chosen)
    for n, entry in enumerate(key):
        if entry is None:
            axes.append(())
        elif isinstance(entry, slice):
            axes.append(sliced(next(left), entry, places, array))
        elif n in labels:
            pick(next(left), next(picks), places, array)
            axes.extend(placed if n == labels[0] and not apart else ())
        else:
            axis = next(left)
            pick(axis, position(axis, entry), places, array)
    return Selection(places, tuple(axes))


def _labels(array: Array, entries: list[Any]) -> tuple[list[Expr], Axes]:
    """Labels over common axes, whose indices are apart from those of the array."""
    if not entries:
        return [], ()
    chosen, common = align(*(whole(as_array(e)) for e in entries))
    shift = 50 + max((i.serial for i in array.indices), default=0)
    moved = {i: Index(i.dim, i.serial + shift) for axis in common for i in axis}
    return [rename(c, moved.items()) for c in chosen], tuple(
        tuple(moved[i] for i in axis) for axis in common
    )


def whole(labels: Array) -> Array:
    """Labels, which must be whole numbers; those known to be negative count from the end."""
    if labels.kind == FLOAT:
        raise current().unsupported(
            "an index must be whole: give the argument the domain integers(dims, below=...) "
            "if it holds labels"
        )
    return labels


def plain(key: Any) -> Any:
    """Numbers as ints, known label arrays as arrays."""
    if isinstance(key, (bool, np.bool_)):
        raise current().unsupported("indexing with True or False is not supported")
    if isinstance(key, np.integer):
        return int(key)
    if isinstance(key, (list, np.ndarray)):
        return as_array(key)
    return key


def spelled_out(array: Array, key: Key) -> Key:
    """One entry for each real axis, besides None: `...` and what is left out become full slices."""
    used = sum(k is not None and k is not Ellipsis for k in key)
    missing = len(array.axes) - used
    if missing < 0:
        raise current().wrong(f"{used} indices for an array of dims {array.described()}")
    if not any(k is Ellipsis for k in key):
        key = (*key, Ellipsis)
    place = next(n for n, k in enumerate(key) if k is Ellipsis)
    if is_batched(array) and place and any(k is not None for k in key[:place]):
        raise current().wrong(
            "index from the end, as in x[..., 0]: '...' in the dims stands for any leading dims"
        )
    return (*key[:place], *[slice(None)] * missing, *key[place + 1 :])
