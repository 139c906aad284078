"""The part of an array that an element reads, as slices: what is read of each axis is then the
whole of what is left of it, the diagonal of x[:3, :3] for x[k, k] with three k.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.places import follows, whole_axis
from ..index.walk import substitute
from .axes import Axes, Layout
from .lowering import Lowering
from .moves import Sliced
from .nodes import ALL, INTEGER, LEADING, REAL, Array, Held, Item, Span, number
from .segments import expand

_UNNAMED = 900  # serials of the indices of axes that no one index reads whole


@dataclass(frozen=True)
class Read:
    """An array, the slice that is taken of each of its axes, and what is read of that slice.

    slots: the place on each axis, None on one of length one.  dims: of the axes, sliced.
    """

    held: Held
    items: tuple[Item, ...]
    slots: tuple[Expr | None, ...]
    dims: Layout

    @property
    def array(self) -> Array:
        """The array, sliced."""
        return taken(self.held, self.items, self._axes())

    def index(self, place: int) -> Index | None:
        """The index that reads the whole of an axis, sliced; None for any other place."""
        return whole_axis(self.slots[place], self.dims[place])

    def axes(self, start: int = 0, stop: int | None = None) -> Axes | None:
        """The indices of these axes, each read whole by an index of its own; None where one is not
        so. An axis of length one has none.
        """
        places = range(len(self.slots))[start:stop]
        found = tuple(self.index(n) for n in places)
        held = [n for n in places if self.slots[n] is not None]
        return found if len(set(found) - {None}) == len(held) else None

    def _axes(self) -> Axes:
        """An index for each axis: that which reads it whole, or one that nothing else has."""
        return tuple(
            None if dim is None else self.index(n) or Index(dim, _UNNAMED + n)
            for n, dim in enumerate(self.dims)
        )


def read(low: Lowering, expr: nodes.Ref) -> Read:
    """What an element reads: evenly spaced places that stay in range as slices, the others as
    they are.
    """
    name, layout = expr.tensor.name, low.scope.layouts[expr.tensor.name]
    items: list[Item] = []
    slots = _slots(expr, layout)
    dims = list(layout)
    for place, slot in enumerate(slots):
        item, index = _sliced(low, slot, dims[place])
        items.append(item)
        if index is not None:
            slots[place], dims[place] = nodes.idx(index), index.dim
    axes = tuple(None if d is None else Index(d, _UNNAMED + n) for n, d in enumerate(layout))
    kind = INTEGER if expr.tensor.domain.is_label else REAL
    return Read(Held(name, axes=axes, kind=kind), tuple(items), tuple(slots), tuple(dims))


def _sliced(low: Lowering, slot: Expr | None, dim: Dim | None) -> tuple[Item, Index | None]:
    """The slice of one axis, and the index that reads the whole of it; all of the axis and no index
    where the places are not a slice.
    """
    index = whole_axis(slot, dim)
    if index is not None:
        return LEADING if index.dim.is_batch else ALL, index
    step = None if slot is None or dim is None or dim.is_batch else affine(slot)
    if step is None or dim is None or step[0].dim.is_batch:
        return ALL, None
    span = _span(low, dim, *step)
    if span is None:
        return ALL, None
    return ALL if span == Span() else span, step[0]


def _slots(expr: nodes.Ref, layout: Layout) -> list[Expr | None]:
    """The place on each real axis, None on an axis of length one."""
    by_dim: dict[Dim, list[Expr]] = {}
    for dim, arg in zip(expr.tensor.dims, expr.args, strict=True):
        by_dim.setdefault(dim, []).append(arg)
    return [None if d is None else by_dim[d].pop(0) for d in layout]


def taken(held: Held, items: tuple[Item, ...], axes: Axes) -> Array:
    """The array at these items: itself where they take all."""
    if all(item in (ALL, LEADING) for item in items):
        return Held(held.name, axes=axes, kind=held.kind)
    return Sliced(held, items, axes=axes, kind=held.kind)


def affine(slot: Expr) -> tuple[Index, int, Expr] | None:
    """`stride · i + start` with a whole stride, as (i, stride, start)."""
    if len(slot.free) != 1 or slot.tensors:
        return None
    (index,) = slot.free
    start = expand(substitute(slot, {index: nodes.ZERO}))
    stride = expand(expand(substitute(slot, {index: nodes.ONE})) - start)
    if not isinstance(stride, nodes.Num) or stride.value.denominator != 1 or not stride.value:
        return None
    if expand(slot) is not expand(stride * nodes.idx(index) + start):
        return None
    return index, int(stride.value), start


def _span(low: Lowering, dim: Dim, index: Index, stride: int, start: Expr) -> Span | None:
    """`start:stop:stride`, or None where it is not certain that all of it lies within the axis."""
    length = nodes.size(dim)
    last = expand(nodes.num(stride) * (nodes.size(index.dim) - 1) + start)
    if stride == -1 and last is nodes.ZERO and expand(length - start) is nodes.ONE:
        return Span(step=-1)
    stop = expand(last + 1)
    short = expand(length - stop)  # how much of the axis is left over at the end
    if stride < 0 or not all(follows(form, low.scope.requires) for form in (start, short)):
        return None
    if isinstance(short, nodes.Num):
        end: Array | None = None if short.value < stride else number(-int(short.value))
    else:
        end = low.lower(stop, ())
    return Span(None if start is nodes.ZERO else low.lower(start, ()), end, stride)
