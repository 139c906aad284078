"""`x[key]`: slices and numbers are index shifts, labels select; `x[key] = value` is a choice by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, ZERO, Expr, num
from ..index.walk import substitute
from .array import (
    BOOL,
    FLOAT,
    Array,
    align,
    as_array,
    axis_length,
    canonical,
    made,
    place_of,
    rename,
    view_of,
)
from .context import Split, current, linear, spread
from .elementwise import RULE, divided
from .booleans import choose
from .registry import METHODS, rules

Key = tuple[Any, ...]


def getitem(array: Array, key: Any) -> Array:
    """`array[key]`."""
    key = key if isinstance(key, tuple) else (key,)
    key = tuple(_plain(k) for k in key)
    if any(isinstance(k, Array) and k.kind == BOOL for k in key):
        raise current().unsupported(
            "x[mask] has a length that depends on the data; write np.where(mask, x, 0) and reduce that"
        )
    full = _spelled_out(array, key)
    if any(isinstance(k, Array) and k.axes for k in full):
        return _gathered(array, full)
    return view_of(array, lambda a: _basic(a, full), lambda a, new: _written(a, full, new))


def _plain(key: Any) -> Any:
    """Numbers as ints, known label arrays as arrays."""
    if isinstance(key, (bool, np.bool_)):
        raise current().unsupported("indexing with True or False is not supported")
    if isinstance(key, np.integer):
        return int(key)
    if isinstance(key, (list, np.ndarray)):
        return as_array(key)
    return key


def _spelled_out(array: Array, key: Key) -> Key:
    """One entry for each real axis, besides None: `...` and what is left out become full slices."""
    used = sum(k is not None and k is not Ellipsis for k in key)
    missing = len(array.axes) - used
    if missing < 0:
        raise current().wrong(f"{used} indices for an array of dims {array.described()}")
    if not any(k is Ellipsis for k in key):
        key = (*key, Ellipsis)
    place = next(n for n, k in enumerate(key) if k is Ellipsis)
    first = array.axes[0] if array.axes else ()
    if place and any(i.dim.is_batch for i in first) and key[0] != slice(None):
        raise current().wrong(
            "index from the end, as in x[..., 0]: '...' in the dims stands for any leading dims"
        )
    return (*key[:place], *[slice(None)] * missing, *key[place + 1 :])


def _basic(array: Array, key: Key) -> Array:
    """Numbers, slices and None."""
    mapping: dict[Index, Expr] = {}
    axes: list[tuple[Index, ...]] = []
    left = iter(array.axes)
    for entry in key:
        if entry is None:
            axes.append(())
            continue
        axis = next(left)
        if isinstance(entry, slice):
            axes.append(_sliced(axis, entry, mapping, array))
        else:
            _pick(axis, _position(axis, entry), mapping, array)
    value, renamed = canonical(substitute(array.value, mapping), tuple(axes))
    return Array(value, renamed, array.kind)


def _position(axis: tuple[Index, ...], entry: Any) -> Expr:
    """A single index as an expression counted from the front."""
    place = as_array(entry)
    if place.kind == FLOAT or place.axes:
        raise current().unsupported(
            f"{entry!r} is not an index: use whole numbers, slices, None, or integer labels"
        )
    value = place.value
    length = axis_length(axis)
    if isinstance(value, nodes.Num):
        if value.value < 0:
            value = spread(length + value)
        if isinstance(value, nodes.Num) and value.value < 0 or _not_below(value, length):
            raise current().wrong(f"index {entry} is out of range for an axis of length {length!r}")
    return value


def _not_below(value: Expr, length: Expr) -> bool:
    gap = spread(length - value)
    return isinstance(gap, nodes.Num) and gap.value <= 0


def _pick(axis: tuple[Index, ...], place: Expr, mapping: dict[Index, Expr], array: Array) -> None:
    """Fix the indices of an axis at a place."""
    if not axis:
        return
    if len(axis) == 1:
        mapping[axis[0]] = place
        return
    if place is ZERO:
        mapping.update(dict.fromkeys(axis, ZERO))
        return
    *outer, last = axis
    length = nodes.size(last.dim)
    if spread(place + 1) is axis_length(axis):
        mapping.update({i: nodes.size(i.dim) - 1 for i in axis})
    elif isinstance(place, nodes.Num) and isinstance(length, nodes.Num):
        over, rest = divmod(int(place.value), int(length.value))
        mapping[last] = num(rest)
        _pick(tuple(outer), num(over), mapping, array)
    else:
        raise current().unsupported(
            f"index {place!r} into a merged axis of {array.described()} is not supported"
        )


def _bounds(axis: tuple[Index, ...], entry: slice) -> tuple[Expr, Expr, int]:
    """start, stop and step, counted from the front."""
    length = axis_length(axis)
    step = 1 if entry.step is None else entry.step
    if not isinstance(step, (int, np.integer)) or step == 0:
        raise current().unsupported("the step of a slice must be a plain whole number other than 0")

    def place(given: Any, default: Expr) -> Expr:
        if given is None:
            return default
        value = as_array(given).value
        if isinstance(value, nodes.Num) and value.value < 0:
            value = spread(length + value)
        if isinstance(value, nodes.Num) and isinstance(length, nodes.Num):
            value = num(
                max(
                    0 if step > 0 else -1,
                    min(value.value, length.value if step > 0 else length.value - 1),
                )
            )
        return spread(value)

    if step > 0:
        return place(entry.start, ZERO), place(entry.stop, length), int(step)
    return place(entry.start, length - 1), place(entry.stop, num(-1)), int(step)


def _sliced(
    axis: tuple[Index, ...], entry: slice, mapping: dict[Index, Expr], array: Array
) -> tuple[Index, ...]:
    """The indices of a sliced axis; `mapping` says what the old ones become."""
    if entry == slice(None) or not axis:
        return axis
    start, stop, step = _bounds(axis, entry)
    if start is ZERO and stop is axis_length(axis) and step == 1:
        return axis
    if len(axis) > 1:
        return _sliced_merged(axis, start, stop, step, mapping, array)
    (index,) = axis
    _ask_to_split(index, start, stop, step)
    form = linear(_span(start, stop, step))
    if form is None:
        raise current().unsupported(
            f"the slice {_shown(entry)} of dim '{index.dim}' has no length that is linear in the named dims"
        )
    dim = current().derived(form)
    if dim.length is not None and dim.length <= 0:
        raise current().wrong(f"the slice {_shown(entry)} of dim '{index.dim}' is empty")
    if dim.length is not None and index.dim.length is None:
        current().notes[
            f"dim '{index.dim}' is taken as at least as long as the slice {_shown(entry)}"
        ] = None
    if dim.length == 1:
        mapping[index] = start
        return ()
    serial = 1 + max((i.serial for i in array.indices), default=0) + len(mapping)
    new = Index(dim, serial)
    mapping[index] = start + step * nodes.idx(new)
    return (new,)


def _span(start: Expr, stop: Expr, step: int) -> Expr:
    """How many places a slice visits."""
    gap = spread(stop - start)
    if abs(step) == 1:
        return gap * step
    if isinstance(gap, nodes.Num):
        return num(max(0, -(-int(gap.value) // step)))
    whole = divided(gap, num(step))
    return whole if whole is not None else nodes.call("ceil", gap / step)


def _ask_to_split(index: Index, start: Expr, stop: Expr, step: int) -> None:
    """Halves (x[:n//2]) and strides (x[::2]) of a named dim are read after it is split."""
    dim = index.dim
    if dim.length is not None or dim.extent or dim.is_batch:
        return
    for end in (start, stop):
        for part in nodes.add(end, ZERO).args if isinstance(end, nodes.Add) else (end,):
            _, rest = nodes.coefficient(part)
            if isinstance(rest, nodes.Call) and rest.function == "floor":
                count, inside = nodes.coefficient(rest.args[0])
                if inside is nodes.size(dim) and count.denominator > 1:
                    raise Split(dim, (count.denominator, None))
    if (
        abs(step) > 1
        and stop is nodes.size(dim)
        and isinstance(start, nodes.Num)
        and 0 <= start.value < step
    ):
        raise Split(dim, (None, step))


def _sliced_merged(
    axis: tuple[Index, ...],
    start: Expr,
    stop: Expr,
    step: int,
    mapping: dict[Index, Expr],
    array: Array,
) -> tuple[Index, ...]:
    """Blocks along the first dim of a merged axis, or one residue of its last dim."""
    *outer, last = axis
    if step == -1 and start is axis_length(axis) - 1 and stop is nodes.MINUS_ONE:
        mapping.update({i: nodes.size(i.dim) - 1 - nodes.idx(i) for i in axis})
        return axis
    if (
        nodes.size(last.dim) is num(step)
        and isinstance(start, nodes.Num)
        and 0 <= start.value < step
    ):
        if stop is axis_length(axis):
            mapping[last] = start
            return tuple(outer)
    block = axis_length(axis[1:])
    first, final = start / block, stop / block
    if step == 1 and isinstance(first, nodes.Num) and first.value.denominator == 1:
        head = _sliced(axis[:1], slice(int(first.value), Array(final, (), "int")), mapping, array)
        if linear(final) is not None:
            return (*head, *axis[1:])
    raise current().unsupported(
        f"this slice of a merged axis of {array.described()} is not supported"
    )


def _shown(entry: slice) -> str:
    parts = [
        "" if p is None else repr(p.value) if isinstance(p, Array) else str(p)
        for p in (entry.start, entry.stop)
    ]
    return f"[{':'.join(parts)}{'' if entry.step is None else f':{entry.step}'}]"


def _gathered(array: Array, key: Key) -> Array:
    """Integer labels select: they broadcast together, and stand where they stood, or first where they stood apart."""
    labels = [n for n, k in enumerate(key) if k is not None and not isinstance(k, slice)]
    apart = labels != list(range(labels[0], labels[-1] + 1))
    chosen, common = align(*(key[n] for n in labels))
    shift = 50 + max((i.serial for i in array.indices), default=0)
    moved = {i: Index(i.dim, i.serial + shift) for axis in common for i in axis}
    chosen = [rename(c, moved.items()) for c in chosen]
    placed = tuple(tuple(moved[i] for i in axis) for axis in common)
    mapping: dict[Index, Expr] = {}
    axes: list[tuple[Index, ...]] = list(placed) if apart else []
    left = iter(array.axes)
    picks = iter(chosen)
    for n, entry in enumerate(key):
        if n in labels:
            _pick(next(left), _checked(next(picks), key[n]), mapping, array)
            if n == labels[0] and not apart:
                axes.extend(placed)
        elif entry is None:
            axes.append(())
        else:
            axes.append(_sliced(next(left), entry, mapping, array))
    value, renamed = canonical(substitute(array.value, mapping), tuple(axes))
    return Array(value, renamed, array.kind)


def _checked(place: Expr, entry: Any) -> Expr:
    if isinstance(entry, Array) and entry.kind == FLOAT:
        raise current().unsupported(
            "an index must be whole: give the argument the domain integers(dims, below=...) if it holds labels"
        )
    return place


def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Array:
    """arr at these labels along one axis, broadcasting the rest."""
    array, labels = as_array(arr), as_array(indices)
    _checked(labels.value, labels)
    place = place_of(array, axis)
    if len(labels.axes) != len(array.axes):
        raise current().wrong("np.take_along_axis needs labels with as many axes as the array")
    hidden = Array(ZERO, tuple(() if p == place else a for p, a in enumerate(array.axes)))
    (label, _), axes = align(labels, hidden)
    mapping: dict[Index, Expr] = {}
    for p, (mine, common) in enumerate(zip(array.axes, axes, strict=True)):
        if p == place:
            _pick(mine, label, mapping, array)
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
    return getitem(array, (*[slice(None)] * place, indices))


def setitem(array: Array, key: Any, value: Any) -> None:
    """`array[key] = value`: the array holds a choice by index from now on."""
    key = key if isinstance(key, tuple) else (key,)
    new = as_array(value)
    if array.kind != FLOAT and new.kind == FLOAT:
        raise current().wrong("whole numbers or truth values cannot hold a real result in place")
    if len(key) == 1 and isinstance(key[0], Array) and key[0].kind == BOOL:
        if new.axes:
            raise current().unsupported(
                "x[mask] = array is not supported; write x = np.where(mask, array, x)"
            )
        array.store(_over(array, RULE["where"](key[0], new, array)))
        return
    full = _spelled_out(array, tuple(_plain(k) for k in key))
    if any(isinstance(k, Array) and k.axes for k in full):
        raise current().unsupported(
            "writing at labels is not supported; use np.where with labels == np.arange(n)"
        )
    array.store(_written(array, full, new))


def _over(array: Array, new: Array) -> Array:
    """`new` over the axes of `array`."""
    if new.layout == array.layout:
        return new
    if len(new.axes) > len(array.axes):
        raise current().wrong(
            f"values of dims {new.described()} do not fit into {array.described()}"
        )
    (value, _), axes = align(new, Array(ZERO, array.axes, array.kind))
    if tuple(tuple(i.dim for i in a) for a in axes) != array.layout:
        raise current().wrong(
            f"values of dims {new.described()} do not fit into {array.described()}"
        )
    return Array(value, array.axes, array.kind)


def _written(array: Array, key: Key, new: Array) -> Array:
    """What `array` holds once `array[key] = new`."""
    mapping: dict[Index, Expr] = {}
    inside: Expr = ONE
    axes: list[tuple[Index, ...]] = []
    back: dict[Index, Expr] = {}
    left = iter(array.axes)
    for entry in key:
        if entry is None:
            axes.append(())
            continue
        axis = next(left)
        held = _sliced(axis, entry, mapping, array) if isinstance(entry, slice) else ()
        if not isinstance(entry, slice):
            _pick(axis, _position(axis, entry), mapping, array)
        axes.extend([held] if isinstance(entry, slice) else [])
        inside = inside * _inside(axis, held, mapping, back)
    target = Array(ZERO, tuple(axes), array.kind)
    value = _over(target, new) if _fresh_layout(new, target) else new
    written = substitute(rename(value.value, zip(value.indices, target.indices, strict=True)), back)
    if inside is ONE:
        return made(written, array.axes, array.kind)
    return made(choose(inside, written, array.value), array.axes, array.kind, "where")


def _fresh_layout(new: Array, target: Array) -> bool:
    return new.layout != target.layout


def _inside(
    axis: tuple[Index, ...],
    held: tuple[Index, ...],
    mapping: dict[Index, Expr],
    back: dict[Index, Expr],
) -> Expr:
    """The condition that an index of the whole lies in the part written, and in `back` where it lies there."""
    condition: Expr = ONE
    for index in axis:
        place = mapping.get(index)
        if place is None:
            continue
        inner = [i for i in held if i in place.free]
        if not inner:
            condition = condition * nodes.delta(index, place)
            continue
        start = substitute(place, {inner[0]: ZERO})
        step = substitute(place, {inner[0]: ONE}) - start
        if step is not ONE:
            raise current().unsupported(
                "writing into a slice with a step other than 1 is not supported"
            )
        back[inner[0]] = nodes.idx(index) - start
        if start is not ZERO:
            condition = condition * nodes.bracket("ge", index, start)
        end = start + nodes.size(inner[0].dim)
        if end is not nodes.size(index.dim):
            condition = condition * nodes.bracket("gt", end, index)
    return condition


rules({"take_along_axis": take_along_axis, "take": take})
METHODS.update({"getitem": getitem, "setitem": setitem})
