"""What `x[key]` selects: for each index of the array the place that it is fixed at, and the axes
that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.walk import substitute
from .array import BOOL, FLOAT, Array, Axes, canonical, rename
from .broadcasting import align, as_array, axis_length, is_batched
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


@dataclass(frozen=True)
class Known:
    """Labels that are numbers of the forward, and the length of the axis that a mask tells."""

    labels: np.ndarray
    length: int | None = None


def plain(key: Any) -> Key:
    """Numbers as ints, known label arrays as such; a known mask is the labels of what it keeps, for
    each of its axes.
    """
    if isinstance(key, (bool, np.bool_)):
        raise current().unsupported("indexing with True or False is not supported")
    if isinstance(key, np.integer):
        return (int(key),)
    if not isinstance(key, (list, np.ndarray)) or any(isinstance(k, Array) for k in key):
        return (key,)
    labels = np.asarray(key)
    if labels.dtype != bool:
        return (Known(labels) if labels.ndim else int(labels),)
    if not labels.any():
        raise current().unsupported("a mask that keeps nothing")
    return tuple(map(Known, np.nonzero(labels), labels.shape))


def is_mask(key: Any) -> bool:
    """True for truth values, symbolic or known."""
    if isinstance(key, Array):
        return key.kind == BOOL
    known = isinstance(key, np.ndarray) or (
        isinstance(key, list) and not any(isinstance(k, Array) for k in key)
    )
    return known and np.asarray(key).dtype == bool


def _labels_on(axis: tuple[Index, ...], known: Known) -> Array:
    """Known labels, those below zero counted from the end of the axis."""
    labels, length = whole(as_array(known.labels)), axis_length(axis)
    if known.length is not None and length is not nodes.num(known.length):
        raise current().wrong(f"a mask of length {known.length} for an axis of length {length!r}")
    if isinstance(length, nodes.Num):
        below = int(length.value)
        if not (-below <= known.labels.min(initial=0) <= known.labels.max(initial=0) < below):
            raise current().wrong(f"an index is out of range for an axis of length {below}")
    if known.labels.size:
        current().require(length - 1 - int(known.labels.max()))
        current().require(length + int(known.labels.min()))
    (value, behind), axes = align(labels, (known.labels < 0).astype(int))
    return Array(value + behind * length, axes, labels.kind)


def spelled_out(array: Array, given: Key) -> Key:
    """One entry for each real axis, besides None: `...` and what is left out become full slices."""
    key = tuple(entry for k in given for entry in plain(k))
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
    full = (*key[:place], *[slice(None)] * missing, *key[place + 1 :])
    axes = iter(array.axes)
    held = [() if k is None else next(axes) for k in full]
    return tuple(
        _labels_on(axis, k) if isinstance(k, Known) else k
        for axis, k in zip(held, full, strict=True)
    )
