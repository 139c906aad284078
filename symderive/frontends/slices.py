"""One entry of `x[key]` as a change of index: numbers fix an index, slices shift it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ZERO, Expr, num
from ..index.places import is_whole, is_within
from ..index.ranges import bounds, never_negative, sizes_in
from ..index.walk import refs
from .array import FLOAT, Array
from .broadcasting import as_array, axis_length
from .context import Split, current, linear, spread
from .elementwise import divided


def position(axis: tuple[Index, ...], entry: Any) -> Expr:
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
        if (isinstance(value, nodes.Num) and value.value < 0) or _not_below(value, length):
            raise current().wrong(f"index {entry} is out of range for an axis of length {length!r}")
        current().require(length - 1 - value)
        current().require(value)
    return value


def _not_below(value: Expr, length: Expr) -> bool:
    gap = spread(length - value)
    return isinstance(gap, nodes.Num) and gap.value <= 0


def pick(axis: tuple[Index, ...], place: Expr, mapping: dict[Index, Expr], array: Array) -> None:
    """Fix the indices of an axis at a place."""
    if not axis:
        return
    if len(axis) == 1:
        _refuse_beyond(axis[0], place)
        mapping[axis[0]] = _from_the_front(axis[0], place)
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
        pick(tuple(outer), num(over), mapping, array)
    elif (parts := _counted(axis, place)) is not None:
        mapping.update(parts)
    else:
        raise current().unsupported(
            f"index {place!r} into a merged axis of {array.described()} is not supported"
        )


def _from_the_front(index: Index, place: Expr) -> Expr:
    """NumPy counts places below 0 from the end: x[i - 1] is the last element where i is 0."""
    reach = None if place.tensors or not place.free or not is_whole(place) else bounds(place)
    if reach is None or never_negative(reach[0]):
        return place
    length = nodes.size(index.dim)
    for room in (length + reach[0], length - 1 - reach[1]):
        if isinstance(spread(room), nodes.Num) and not never_negative(room):
            raise current().wrong(f"{place!r} is out of range for an axis of length {length!r}")
        current().require(room)
    return spread(length + place) if never_negative(-1 - reach[1]) else nodes.mod(place, length)


def _refuse_beyond(index: Index, place: Expr) -> None:
    """x[t + 1] with labels t below the length of the axis itself may lie beyond its end."""
    labels = refs(place)
    if isinstance(place, nodes.Ref):
        _refuse_too_many(index, place)
    if isinstance(place, nodes.Ref) or not labels or not is_whole(place):
        return
    told = {label.tensor.domain.below for label in labels}
    if index.dim.name in told and not is_within(place, index.dim, ()):
        names = ", ".join(sorted(label.tensor.name for label in labels))
        raise current().wrong(
            f"a place that is computed from the labels {names} may lie outside of dim "
            f"'{index.dim}', which they stay below"
        )


def _refuse_too_many(index: Index, label: nodes.Ref) -> None:
    """x[t] wants an axis that is as long as the labels t go. A part of an axis, x[:-1][t], is
    taken at the user's word.
    """
    reach = bounds(label)
    if reach is None or index.dim.extent or is_within(label, index.dim, ()):
        return
    length = nodes.size(index.dim)
    room = length - 1 - reach[1]
    if sizes_in(room) != {index.dim.name}:
        raise current().wrong(
            f"the labels {label.tensor.name} stay below {spread(reach[1] + 1)!r}, but are looked "
            f"up on an axis of length {length!r}; say below={index.dim.length or index.dim.name!r}"
        )
    current().require(room)


def _counted(axis: tuple[Index, ...], place: Expr) -> dict[Index, Expr] | None:
    """The index of each dim where the place counts through a merged axis, b T + t; else None."""
    by_dim = {i.dim: i for i in sorted(place.free)}
    if not all(i.dim in by_dim for i in axis):
        return None
    counted: Expr = ZERO
    for index in axis:
        counted = counted * nodes.size(index.dim) + nodes.idx(by_dim[index.dim])
    same = spread(counted) is spread(place)
    return {i: nodes.idx(by_dim[i.dim]) for i in axis} if same else None


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


def sliced(
    axis: tuple[Index, ...], entry: slice, mapping: dict[Index, Expr], array: Array
) -> tuple[Index, ...]:
    """The indices of a sliced axis; `mapping` says what the old ones become."""
    if entry == slice(None):
        return axis
    start, stop, step = _bounds(axis, entry)
    if not axis:
        span = _span(start, stop, step)
        if isinstance(span, nodes.Num) and span.value <= 0:
            raise current().wrong(f"the slice {_shown(entry)} of an axis of length 1 is empty")
        return axis
    if start is ZERO and stop is axis_length(axis) and step == 1:
        return axis
    if len(axis) > 1:
        return _sliced_merged(axis, start, stop, step, mapping, array)
    (index,) = axis
    _ask_to_split(index, start, stop, step)
    form = linear(_span(start, stop, step))
    if form is None:
        raise current().unsupported(
            f"the slice {_shown(entry)} of dim '{index.dim}' has no length that is linear "
            "in the named dims"
        )
    dim = current().derived(form)
    if dim.length is not None and dim.length <= 0:
        raise current().wrong(f"the slice {_shown(entry)} of dim '{index.dim}' is empty")
    if dim.length is not None and index.dim.length is None:
        current().notes[
            f"dim '{index.dim}' is taken as at least as long as the slice {_shown(entry)}"
        ] = None
    if dim.length is not None:
        length = axis_length(axis)
        for room in (start, length - stop) if step > 0 else (length - 1 - start, stop + 1):
            current().require(room)
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
        and stop is axis_length(axis)
    ):
        mapping[last] = start
        return tuple(outer)
    block = axis_length(axis[1:])
    first, final = start / block, stop / block
    if step == 1 and isinstance(first, nodes.Num) and first.value.denominator == 1:
        head = sliced(axis[:1], slice(int(first.value), Array(final, (), "int")), mapping, array)
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
