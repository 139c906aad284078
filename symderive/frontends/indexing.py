"""`x[key]` for reading: numbers and slices give views, integer labels select."""

from __future__ import annotations

from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ZERO, Expr
from ..index.walk import substitute
from .array import BOOL, Array, canonical, view_of
from .broadcasting import align, as_array, place_of
from .context import current
from .masked import REFUSED, Chosen, chosen_by
from .registry import METHODS, rules
from .selection import Key, select, spelled_out, whole
from .slices import pick
from .writing import replaced


def getitem(array: Array, key: Any) -> Array | Chosen:
    """`array[key]`."""
    key = key if isinstance(key, tuple) else (key,)
    chosen = chosen_by(array, key)
    if chosen is not None:
        return chosen
    if any(isinstance(k, Array) and k.kind == BOOL for k in key):
        raise current().unsupported(REFUSED)
    full = spelled_out(array, key)
    numbers = len(key) == len(full) and not any(_keeps_axis(k) for k in key)
    if numbers or any(isinstance(k, Array) and k.axes for k in full):
        return select(array, full).read(array)  # one number, or what labels select: a copy
    return _view(array, full)


def _keeps_axis(entry: Any) -> bool:
    return entry is None or entry is Ellipsis or isinstance(entry, slice)


def _view(array: Array, key: Key) -> Array:
    return view_of(
        array,
        lambda a: select(a, key).read(a),
        lambda a, new: replaced(a, select(a, key), new),
    )


def along(array: Array, place: int, entry: slice | int) -> Array:
    """A slice, or one place, along one real axis, counted from 0 over the axes as they are held."""
    return _view(array, tuple(entry if p == place else slice(None) for p in range(len(array.axes))))


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    """arr at these labels along one axis, broadcasting the rest."""
    array, labels = as_array(arr), as_array(indices)
    whole(labels)
    place = place_of(array, axis)
    if len(labels.axes) != len(array.axes):
        raise current().wrong("np.take_along_axis needs labels with as many axes as the array")
    hidden = Array(ZERO, tuple(() if p == place else a for p, a in enumerate(array.axes)))
    (label, _), axes = align(labels, hidden)
    mapping: dict[Index, Expr] = {}
    for p, (mine, common) in enumerate(zip(array.axes, axes, strict=True)):
        if p == place:
            pick(mine, label, mapping, array)
        else:
            mapping.update({i: nodes.idx(c) for i, c in zip(mine, common, strict=False)})
    value, renamed = canonical(substitute(array.value, mapping), axes)
    return Array(value, renamed, array.kind)


def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Array:
    """a[..., indices, ...]."""
    array = as_array(a)
    place = place_of(array, axis) if axis is not None else 0
    if axis is None and len(array.axes) != 1:
        raise current().unsupported("np.take without an axis is only supported for vectors")
    found = getitem(array, (*[slice(None)] * place, indices))
    assert isinstance(found, Array)  # labels are no mask
    return Array(found.value, found.axes, found.kind)


rules({"take_along_axis": take_along_axis, "take": take})
METHODS["getitem"] = getitem
