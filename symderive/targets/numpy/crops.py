"""The part of an array that an element reads, as slices: what is read of each axis is then the
whole of what is left of it, `np.diagonal(x[:3, :3])` for x[k, k] with three k.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.nodes import Expr
from ...index.places import follows, whole_axis
from ...index.walk import substitute
from .pieces import Axes
from .printer import Printer
from .segments import expand

WHOLE = (":", "...")


@dataclass(frozen=True)
class Read:
    """An array, the slice that is taken of each of its axes, and what is read of that slice.

    slots: the place on each axis, None on one of length one.  dims: of the axes, sliced.
    """

    name: str
    items: tuple[str, ...]
    slots: tuple[Expr | None, ...]
    dims: tuple[Dim | None, ...]

    @property
    def code(self) -> str:
        """The array, sliced."""
        return taken(self.name, self.items)

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


def read(printer: Printer, expr: nodes.Ref) -> Read:
    """What an element reads: evenly spaced places that stay in range as slices, the others as
    they are.
    """
    layout = printer.scope.layouts[expr.tensor.name]
    items: list[str] = []
    slots = _slots(expr, layout)
    dims = list(layout)
    for place, slot in enumerate(slots):
        item, index = _sliced(printer, slot, dims[place])
        items.append(item)
        if index is not None:
            slots[place], dims[place] = nodes.idx(index), index.dim
    return Read(expr.tensor.name, tuple(items), tuple(slots), tuple(dims))


def _sliced(printer: Printer, slot: Expr | None, dim: Dim | None) -> tuple[str, Index | None]:
    """The slice of one axis, and the index that reads the whole of it; all of the axis and no index
    where the places are not a slice.
    """
    index = whole_axis(slot, dim)
    if index is not None:
        return "..." if index.dim.is_batch else ":", index
    step = None if slot is None or dim is None or dim.is_batch else affine(slot)
    if step is None or dim is None or step[0].dim.is_batch:
        return ":", None
    item = _slice(printer, dim, *step)
    return (":", None) if item is None else (item, step[0])


def _slots(expr: nodes.Ref, layout: tuple[Dim | None, ...]) -> list[Expr | None]:
    """The place on each real axis, None on an axis of length one."""
    by_dim: dict[Dim, list[Expr]] = {}
    for dim, arg in zip(expr.tensor.dims, expr.args, strict=True):
        by_dim.setdefault(dim, []).append(arg)
    return [None if d is None else by_dim[d].pop(0) for d in layout]


def taken(name: str, items: tuple[str, ...]) -> str:
    """`name[items]`, without what takes all."""
    if all(item in WHOLE for item in items):
        return name
    kept = list(items)
    while kept[-1] == ":" and "..." not in kept:
        kept.pop()
    return f"{name}[{', '.join(kept)}]"


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


def _slice(printer: Printer, dim: Dim, index: Index, stride: int, start: Expr) -> str | None:
    """`start:stop:stride`, or None where it is not certain that all of it lies within the axis."""
    length = nodes.size(dim)
    last = expand(nodes.num(stride) * (nodes.size(index.dim) - 1) + start)
    if stride == -1 and last is nodes.ZERO and expand(length - start) is nodes.ONE:
        return "::-1"
    stop = expand(last + 1)
    short = expand(length - stop)  # how much of the axis is left over at the end
    if stride < 0 or not all(follows(form, printer.scope.requires) for form in (start, short)):
        return None
    if isinstance(short, nodes.Num):
        end = "" if short.value < stride else str(-int(short.value))
    else:
        end = printer.write(stop, ()).code
    begin = "" if start is nodes.ZERO else printer.write(start, ()).code
    simple = all(_is_simple(side) for side in (begin, end))
    colon = ":" if simple else " : " if begin and end else ": " if end else " :"
    return f"{begin}{colon}{end}:{stride}" if stride > 1 else f"{begin}{colon}{end}"


def _is_simple(side: str) -> bool:
    """What ruff's formatter writes without spaces around the colon of a slice."""
    bare = side.removeprefix("-")
    return not bare or bare.isidentifier() or bare.isdigit()
