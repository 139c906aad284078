"""Elements that are not whole arrays: labels, constants, shifted indices, and bare indices."""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.places import whole_axis
from ..index.ranges import linear
from ..index.walk import walk
from ..schedule.shapes import is_plain
from .align import align
from .axes import Axes, NeedsLastAxis, merge
from .crops import Read, affine, read, taken
from .lowering import Lowering
from .moves import Clipped, Diagonal, Gathered, Rolled, TakenAlong, TakenEach, TakenRows
from .nodes import LEADING, TRUTH, Arange, Array, Item, Whole, number


def arange(low: Lowering, index: Index) -> Array:
    """An index variable as a number."""
    if low.scope.any_axis or index.dim.is_batch:
        raise NeedsLastAxis(str(index))
    length = index.dim.length
    size = number(length) if length is not None else low.lower(nodes.size(index.dim), ())
    return Arange(size, axes=(index,))


def gather(low: Lowering, expr: nodes.Ref, frame: Axes) -> Array:
    """`x[b, t_b]` by labels, `x[b, 0]` by constants, anything else by clipped index arrays."""
    if low.scope.any_axis:
        raise NeedsLastAxis(expr.tensor.name)
    low = low.indices()
    part = read(low, expr)
    for form in (_slices, _rolled, _rows, _along_last, _diagonal):
        found = form(low, part)
        if found is not None:
            return found
    return _index_arrays(low, part, frame)


def _slices(low: Lowering, read: Read) -> Array | None:
    """Numbers and evenly spaced indices that stay in range: `x[:, 0]`, `x[..., 1:]`, `x[::2]`."""
    items = list(read.items)
    axes: list[Index | None] = []
    for place, slot in enumerate(read.slots):
        if slot is None or isinstance(slot, nodes.Num):
            items[place] = 0 if slot is None else int(slot.value)
            continue
        index = read.index(place)
        if index is None or index in axes:
            return None
        axes.append(index)
    return taken(read.held, tuple(items), tuple(axes))


def _rolled(low: Lowering, read: Read) -> Array | None:
    """Axes whose end is joined to their start."""
    axes: list[Index | None] = []
    moved: list[tuple[Array, int]] = []
    for place, slot in enumerate(read.slots, -len(read.slots)):
        around = _moved(slot, read.dims[place])
        index = around[0] if around else read.index(place)
        if slot is not None and (index is None or index in axes):
            return None
        axes.append(index)
        if around:
            moved.append((low.lower(linear(-around[1]), ()), place))
    by, places = zip(*moved, strict=True)
    return Rolled(read.array, by, places, axes=tuple(axes), kind=read.held.kind)


def _moved(slot: Expr | None, dim: Dim | None) -> tuple[Index, Expr] | None:
    """The index of an axis of its own dim, and how far it is moved around."""
    step = affine(slot.args[0]) if isinstance(slot, nodes.Mod) and _is_around(slot, dim) else None
    if step is None or step[1] != 1 or whole_axis(nodes.idx(step[0]), dim) is None:
        return None
    return step[0], step[2]


def _is_there(low: Lowering, label: Expr, dim: Dim | None) -> bool:
    """True where a label is certainly on the axis: array code would raise beyond it, also where a
    condition beside it takes nothing from there.
    """
    return dim is not None and low.scope.is_within(label, dim)


def _is_around(slot: Expr, dim: Dim | None) -> bool:
    return isinstance(slot, nodes.Mod) and dim is not None and slot.args[1] is nodes.size(dim)


def _rows(low: Lowering, read: Read) -> Array | None:
    """A label on the first axis takes rows: `W[t]`, or a part of each: `W[t, 1:]`."""
    label, others = read.slots[0], read.axes(1)
    if not isinstance(label, nodes.Ref) or not label.tensor.domain.is_label or not label.args:
        return None
    if others is None or not _is_there(low, label, read.dims[0]):
        return None
    labels = low.lower(label, low.pattern(label))
    axes = (*labels.axes, *others)
    if len(set(axes) - {None}) != len([a for a in axes if a is not None]):
        return None
    return TakenRows(read.held, labels, read.items[1:], axes=axes, kind=read.held.kind)


def _along_last(low: Lowering, read: Read) -> Array | None:
    """A label on the last axis: one for each row, or for each place of the other axes."""
    label, axes = read.slots[-1], read.axes(0, -1)
    if not isinstance(label, nodes.Ref) or not axes:
        return None
    if not _is_there(low, label, read.dims[-1]):
        return None
    if not label.free <= set(axes) or not all(a in label.free for a in axes):
        return None
    kind = read.held.kind
    if labels := by_row(low, label, axes):
        return TakenEach(read.array, labels, axes=axes, kind=kind)
    places = low.lower(label, (*axes, None))
    if any(a is not None and a.dim.is_batch for a in axes) and None in axes:
        return None
    return TakenAlong(read.array, places, axes=(*axes, None), kind=kind)


def by_row(low: Lowering, label: Expr, rows: Axes) -> Array | None:
    """An array that holds one label for each row; None for any other expression."""
    if not isinstance(label, nodes.Ref) or len(rows) != 1 or rows[0] is None:
        return None
    own = is_plain(label) and label.args == (nodes.idx(rows[0]),) and not rows[0].dim.is_batch
    return low.lower(label, rows) if own and low.scope.axes(label) == rows else None


def _diagonal(low: Lowering, read: Read) -> Array | None:
    """The same index twice at the end."""
    axes = read.axes(0, -1)
    if axes is None or len(axes) < 1 or axes[-1] is None or read.index(-1) != axes[-1]:
        return None
    return Diagonal(read.array, axes=axes, kind=read.held.kind)


def _index_arrays(low: Lowering, read: Read, frame: Axes) -> Array:
    """The general form: an index array for each axis, clipped, as a bracket is 0 outside."""
    slots = read.slots
    inner = merge([low.pattern(s) for s in slots if s is not None and not _is_batch(s)])
    wanted = tuple(a for a in frame if a in inner)
    bare = tuple(a for a in inner if a is not None)
    inner = wanted if set(wanted) == set(bare) else bare
    places: list[Array | Item] = []
    for place, slot in enumerate(slots):
        if slot is None:
            places.append(0)
        elif _is_batch(slot):
            places.append(LEADING)
        else:
            array = _place(low, slot, inner)
            unguarded = read.index(place) is not None or _is_around(slot, read.dims[place])
            unguarded |= bool(slot.tensors) and _is_there(low, slot, read.dims[place])
            if array.kind == TRUTH and (unguarded or not low.scope.library.mixes):
                array = Whole(array, axes=array.axes)  # as an index, truth values are a mask
            end = place - len(slots)
            guarded = Clipped(array, read.held.name, end, axes=array.axes)
            places.append(array if unguarded else guarded)
    batch = tuple(s.index for s in slots if isinstance(s, nodes.Idx) and _is_batch(s))
    if batch and any(a is not None and a.dim.is_batch for a in inner):
        raise NeedsLastAxis(read.held.name)
    axes = (*batch, *inner)
    found = Gathered(read.array, tuple(places), axes=axes, kind=read.held.kind)
    return align(found, frame, any_axis=False)


def _is_batch(slot: Expr) -> bool:
    return isinstance(slot, nodes.Idx) and slot.index.dim.is_batch


def _place(low: Lowering, slot: Expr, inner: Axes) -> Array:
    array = align(low.lower(slot, inner), inner, any_axis=False)
    if any(isinstance(n, (nodes.Pow, nodes.Call)) for n in walk(slot)):
        return Whole(array, axes=array.axes)
    return array
