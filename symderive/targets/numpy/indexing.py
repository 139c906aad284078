"""Elements that are not whole arrays: labels, constants, shifted indices, and bare indices."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.nodes import Expr
from ...index.places import whole_axis
from ...index.ranges import linear
from ...index.walk import walk
from ...schedule.shapes import is_plain
from .crops import Read, affine, read, taken
from .pieces import ATOM, Axes, NeedsLastAxis, Piece, align, merge
from .printer import Printer


def arange(printer: Printer, index: Index) -> Piece:
    """An index variable as a number."""
    if printer.scope.axis != "-1" or index.dim.is_batch:
        raise NeedsLastAxis(str(index))
    length = index.dim.length
    size = str(length) if length is not None else printer.write(nodes.size(index.dim), ()).code
    return Piece(f"np.arange({size})", ATOM, (index,), "integer")


def gather(printer: Printer, expr: nodes.Ref, frame: Axes) -> Piece:
    """`x[b, t_b]` by labels, `x[b, 0]` by constants, anything else by clipped index arrays."""
    if printer.scope.axis != "-1":
        raise NeedsLastAxis(expr.tensor.name)
    printer = printer.indices()
    part = read(printer, expr)
    for form in (_slices, _rolled, _rows, _along_last, _diagonal):
        found = form(printer, expr, part)
        if found is not None:
            return found
    return _index_arrays(printer, expr, part, frame)


def _kind(expr: nodes.Ref) -> str:
    return "integer" if expr.tensor.domain.is_label else "float"


def _slices(printer: Printer, expr: nodes.Ref, read: Read) -> Piece | None:
    """Numbers and evenly spaced indices that stay in range: `x[:, 0]`, `x[..., 1:]`, `x[::2]`."""
    items = list(read.items)
    axes: list[Index | None] = []
    for place, slot in enumerate(read.slots):
        if slot is None or isinstance(slot, nodes.Num):
            items[place] = "0" if slot is None else literal_index(slot)
            continue
        index = read.index(place)
        if index is None or index in axes:
            return None
        axes.append(index)
    return Piece(taken(read.name, tuple(items)), ATOM, tuple(axes), _kind(expr))


def _rolled(printer: Printer, expr: nodes.Ref, read: Read) -> Piece | None:
    """Axes whose end is joined to their start: `np.roll(x, 1, axis=-1)`."""
    axes: list[Index | None] = []
    moved: list[tuple[str, str]] = []
    for place, slot in enumerate(read.slots, -len(read.slots)):
        around = _moved(slot, read.dims[place])
        index = around[0] if around else read.index(place)
        if slot is not None and (index is None or index in axes):
            return None
        axes.append(index)
        if around:
            moved.append((printer.write(linear(-around[1]), ()).code, str(place)))
    by, where = (f"({', '.join(m)})" if len(m) > 1 else m[0] for m in zip(*moved, strict=True))
    alone = len(axes) == 1 and not any(a and a.dim.is_batch for a in axes)
    along = "" if alone else f", axis={where}"
    return Piece(f"np.roll({read.code}, {by}{along})", ATOM, tuple(axes), _kind(expr))


def _moved(slot: Expr | None, dim: Dim | None) -> tuple[Index, Expr] | None:
    """The index of an axis of its own dim, and how far it is moved around."""
    step = affine(slot.args[0]) if isinstance(slot, nodes.Mod) and _is_around(slot, dim) else None
    if step is None or step[1] != 1 or whole_axis(nodes.idx(step[0]), dim) is None:
        return None
    return step[0], step[2]


def _is_there(printer: Printer, label: Expr, dim: Dim | None) -> bool:
    """True where a label is certainly on the axis: NumPy would raise beyond it, also where a
    condition beside it takes nothing from there.
    """
    return dim is not None and printer.scope.is_within(label, dim)


def _is_around(slot: Expr, dim: Dim | None) -> bool:
    return isinstance(slot, nodes.Mod) and dim is not None and slot.args[1] is nodes.size(dim)


def literal_index(slot: nodes.Num) -> str:
    """A whole number as an index."""
    return str(int(slot.value))


def _rows(printer: Printer, expr: nodes.Ref, read: Read) -> Piece | None:
    """A label on the first axis takes rows: `W[t]`, or a part of each: `W[t, 1:]`."""
    label, others = read.slots[0], read.axes(1)
    if not isinstance(label, nodes.Ref) or not label.tensor.domain.is_label or not label.args:
        return None
    if others is None or not _is_there(printer, label, read.dims[0]):
        return None
    piece = printer.write(label, printer.pattern(label))
    axes = (*piece.axes, *others)
    if len(set(axes) - {None}) != len([a for a in axes if a is not None]):
        return None
    return Piece(taken(read.name, (piece.code, *read.items[1:])), ATOM, axes, _kind(expr))


def _along_last(printer: Printer, expr: nodes.Ref, read: Read) -> Piece | None:
    """A label on the last axis: `x[np.arange(len(t)), t]`, or `np.take_along_axis`."""
    label, axes = read.slots[-1], read.axes(0, -1)
    if not isinstance(label, nodes.Ref) or not axes:
        return None
    if not _is_there(printer, label, read.dims[-1]):
        return None
    if not label.free <= set(axes) or not all(a in label.free for a in axes):
        return None
    kind = _kind(expr)
    if name := by_row(printer, label, axes):
        return Piece(f"{read.code}[np.arange(len({name})), {name}]", ATOM, axes, kind)
    places = printer.write(label, (*axes, None))
    if any(a is not None and a.dim.is_batch for a in axes) and None in axes:
        return None
    code = f"np.take_along_axis({read.code}, {places.code}, axis=-1)"
    return Piece(code, ATOM, (*axes, None), kind)


def by_row(printer: Printer, label: Expr, rows: Axes) -> str:
    """The name of an array that holds one label for each row; "" for any other expression."""
    if not isinstance(label, nodes.Ref) or len(rows) != 1 or rows[0] is None:
        return ""
    own = is_plain(label) and label.args == (nodes.idx(rows[0]),) and not rows[0].dim.is_batch
    return label.tensor.name if own and printer.scope.axes(label) == rows else ""


def _diagonal(printer: Printer, expr: nodes.Ref, read: Read) -> Piece | None:
    """The same index twice at the end: `np.diagonal(x, axis1=-2, axis2=-1)`."""
    axes = read.axes(0, -1)
    if axes is None or len(axes) < 1 or axes[-1] is None or read.index(-1) != axes[-1]:
        return None
    code = f"np.diagonal({read.code}, axis1=-2, axis2=-1)"
    return Piece(code, ATOM, axes, _kind(expr))


def _index_arrays(printer: Printer, expr: nodes.Ref, read: Read, frame: Axes) -> Piece:
    """The general form: an index array for each axis, clipped, as a bracket is 0 outside."""
    slots = read.slots
    inner = merge([printer.pattern(s) for s in slots if s is not None and not _is_batch(s)])
    wanted = tuple(a for a in frame if a in inner)
    inner = (
        wanted if set(wanted) == set(inner) - {None} else tuple(a for a in inner if a is not None)
    )
    items = []
    for place, slot in enumerate(slots):
        if slot is None:
            items.append("0")
        elif _is_batch(slot):
            items.append("...")
        else:
            code = _place(printer, slot, inner)
            limit = f"{read.name}.shape[{place - len(slots)}] - 1"
            unguarded = read.index(place) is not None or _is_around(slot, read.dims[place])
            unguarded |= bool(slot.tensors) and _is_there(printer, slot, read.dims[place])
            items.append(code if unguarded else f"np.clip({code}, 0, {limit})")
    batch = tuple(s.index for s in slots if s is not None and _is_batch(s))  # type: ignore[attr-defined]
    if batch and any(a is not None and a.dim.is_batch for a in inner):
        raise NeedsLastAxis(expr.tensor.name)
    piece = Piece(f"{read.code}[{', '.join(items)}]", ATOM, (*batch, *inner), _kind(expr))
    return align(piece, frame, "-1")


def _is_batch(slot: Expr) -> bool:
    return isinstance(slot, nodes.Idx) and slot.index.dim.is_batch


def _place(printer: Printer, slot: Expr, inner: Axes) -> str:
    piece = align(printer.write(slot, inner), inner, "-1")
    if any(isinstance(n, (nodes.Pow, nodes.Call)) for n in walk(slot)):
        return f"{piece.atom()}.astype(int)"
    return piece.code
