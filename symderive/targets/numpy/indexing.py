"""Elements that are not whole arrays: labels, constants, shifted indices, and bare indices."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Dim, Index
from ...index.functions import is_nonnegative
from ...index.nodes import Expr
from ...index.ranges import linear
from ...index.walk import substitute, walk
from .pieces import ATOM, Axes, NeedsLastAxis, Piece, align, merge
from .printer import Printer
from .segments import expand


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
    for form in (_slices, _rolled, _rows, _along_last, _diagonal):
        found = form(printer, expr)
        if found is not None:
            return found
    return _index_arrays(printer, expr, frame)


def _kind(expr: nodes.Ref) -> str:
    return "integer" if expr.tensor.domain.is_label else "float"


def _slots(printer: Printer, expr: nodes.Ref) -> list[Expr | None]:
    """The index expression of each real axis, None for an axis of length one."""
    by_dim: dict[object, list[Expr]] = {}
    for dim, arg in zip(expr.tensor.dims, expr.args, strict=True):
        by_dim.setdefault(dim, []).append(arg)
    return [
        None if d is None else by_dim[d].pop(0) for d in printer.scope.layouts[expr.tensor.name]
    ]


def _distinct(args: list[Expr]) -> bool:
    return all(isinstance(a, nodes.Idx) for a in args) and len(set(args)) == len(args)


def _slices(printer: Printer, expr: nodes.Ref) -> Piece | None:
    """Numbers and evenly spaced indices that stay in range: `x[:, 0]`, `x[..., 1:]`, `x[::2]`."""
    items: list[str] = []
    axes: list[Index | None] = []
    for slot, dim in zip(
        _slots(printer, expr), printer.scope.layouts[expr.tensor.name], strict=True
    ):
        if slot is None or isinstance(slot, nodes.Num):
            items.append("0" if slot is None else literal_index(slot))
            continue
        step = affine(slot)
        if step is None or dim is None or step[0] in axes:
            return None
        index, stride, start = step
        item = (
            "..." if index.dim.is_batch else _slice(printer, nodes.size(dim), index, stride, start)
        )
        if item is None:
            return None
        items.append(item)
        axes.append(index)
    while items and items[-1] == ":" and "..." not in items:
        items.pop()
    name = expr.tensor.name
    whole = set(items) <= {":", "..."}
    code = name if whole else f"{name}[{', '.join(items)}]"
    return Piece(code, ATOM, tuple(axes), _kind(expr))


def _rolled(printer: Printer, expr: nodes.Ref) -> Piece | None:
    """Axes whose end is joined to their start: `np.roll(x, 1, axis=-1)`."""
    slots, layout = _slots(printer, expr), printer.scope.layouts[expr.tensor.name]
    axes: list[Index | None] = []
    moved: list[tuple[str, str]] = []
    for place, (slot, dim) in enumerate(zip(slots, layout, strict=True), -len(slots)):
        found = None if slot is None else _moved(slot, dim)
        if slot is not None and (found is None or found[0] in axes):
            return None
        axes.append(found[0] if found else None)
        if isinstance(slot, nodes.Mod) and found:
            moved.append((printer.write(linear(-found[1]), ()).code, str(place)))
    by, where = (f"({', '.join(m)})" if len(m) > 1 else m[0] for m in zip(*moved, strict=True))
    alone = len(slots) == 1 and not any(a and a.dim.is_batch for a in axes)
    along = "" if alone else f", axis={where}"
    return Piece(f"np.roll({expr.tensor.name}, {by}{along})", ATOM, tuple(axes), _kind(expr))


def _moved(slot: Expr, dim: Dim | None) -> tuple[Index, Expr] | None:
    """The index of an axis of its own dim, and how far it is moved around."""
    around = isinstance(slot, nodes.Mod)
    step = affine(slot.args[0] if around else slot)
    if step is None or dim is None or step[0].dim != dim or step[1] != 1:
        return None
    if not (_is_around(slot, dim) if around else step[2] is nodes.ZERO):
        return None
    return step[0], step[2]


def _is_around(slot: Expr, dim: Dim | None) -> bool:
    return isinstance(slot, nodes.Mod) and dim is not None and slot.args[1] is nodes.size(dim)


def literal_index(slot: nodes.Num) -> str:
    """A whole number as an index."""
    return str(int(slot.value))


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


def _slice(printer: Printer, length: Expr, index: Index, stride: int, start: Expr) -> str | None:
    """`start:stop:stride`, or None where it is not certain that all of it lies within the axis."""
    last = expand(nodes.num(stride) * (nodes.size(index.dim) - 1) + start)
    if stride == -1 and last is nodes.ZERO and expand(length - start) is nodes.ONE:
        return "::-1"
    stop = expand(last + 1)
    short = expand(length - stop)  # how much of the axis is left over at the end
    if stride < 0 or not is_nonnegative(start) or not is_nonnegative(short):
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


def _rows(printer: Printer, expr: nodes.Ref) -> Piece | None:
    """A label on the first axis takes rows: `W[t]`."""
    slots = _slots(printer, expr)
    label = slots[0]
    if not isinstance(label, nodes.Ref) or not label.tensor.domain.is_label or not label.args:
        return None
    if not _distinct([s for s in slots[1:] if s is not None]):
        return None
    piece = printer.write(label, printer.pattern(label))
    axes = (*piece.axes, *(None if s is None else s.index for s in slots[1:]))  # type: ignore[attr-defined]
    if len(set(axes) - {None}) != len([a for a in axes if a is not None]):
        return None
    return Piece(f"{expr.tensor.name}[{piece.code}]", ATOM, axes, _kind(expr))


def _along_last(printer: Printer, expr: nodes.Ref) -> Piece | None:
    """A label on the last axis: `x[np.arange(len(t)), t]`, or `np.take_along_axis`."""
    slots = _slots(printer, expr)
    label = slots[-1]
    if not isinstance(label, nodes.Ref) or not _distinct([s for s in slots[:-1] if s is not None]):
        return None
    axes = tuple(None if s is None else s.index for s in slots[:-1])  # type: ignore[attr-defined]
    if not axes or not label.free <= set(axes) or not all(a in label.free for a in axes):
        return None
    kind = _kind(expr)
    if name := by_row(printer, label, axes):
        return Piece(f"{expr.tensor.name}[np.arange(len({name})), {name}]", ATOM, axes, kind)
    places = printer.write(label, (*axes, None))
    if any(a is not None and a.dim.is_batch for a in axes) and None in axes:
        return None
    code = f"np.take_along_axis({expr.tensor.name}, {places.code}, axis=-1)"
    return Piece(code, ATOM, (*axes, None), kind)


def by_row(printer: Printer, label: Expr, rows: Axes) -> str:
    """The name of an array that holds one label for each row; "" for any other expression."""
    if not isinstance(label, nodes.Ref) or len(rows) != 1 or rows[0] is None:
        return ""
    own = label.args == (nodes.idx(rows[0]),) and not rows[0].dim.is_batch
    return label.tensor.name if own and printer.scope.axes(label) == rows else ""


def _diagonal(printer: Printer, expr: nodes.Ref) -> Piece | None:
    """The same index twice at the end: `np.diagonal(x, axis1=-2, axis2=-1)`."""
    slots = _slots(printer, expr)
    if len(slots) < 2 or slots[-1] is not slots[-2] or not _distinct(slots[:-1]):  # type: ignore[arg-type]
        return None
    axes = tuple(s.index for s in slots[:-1])  # type: ignore[union-attr]
    return Piece(f"np.diagonal({expr.tensor.name}, axis1=-2, axis2=-1)", ATOM, axes, _kind(expr))


def _index_arrays(printer: Printer, expr: nodes.Ref, frame: Axes) -> Piece:
    """The general form: an index array for each axis, clipped, as a bracket is 0 outside."""
    slots = _slots(printer, expr)
    layout = printer.scope.layouts[expr.tensor.name]
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
            fixed = isinstance(slot, nodes.Idx) and slot.index.dim == layout[place]
            code = _place(printer, slot, inner)
            limit = f"{expr.tensor.name}.shape[{place - len(slots)}] - 1"
            unguarded = fixed or _is_around(slot, layout[place]) or isinstance(slot, nodes.Ref)
            items.append(code if unguarded else f"np.clip({code}, 0, {limit})")
    batch = tuple(s.index for s in slots if s is not None and _is_batch(s))  # type: ignore[attr-defined]
    if batch and any(a is not None and a.dim.is_batch for a in inner):
        raise NeedsLastAxis(expr.tensor.name)
    piece = Piece(f"{expr.tensor.name}[{', '.join(items)}]", ATOM, (*batch, *inner), _kind(expr))
    return align(piece, frame, "-1")


def _is_batch(slot: Expr) -> bool:
    return isinstance(slot, nodes.Idx) and slot.index.dim.is_batch


def _place(printer: Printer, slot: Expr, inner: Axes) -> str:
    piece = align(printer.write(slot, inner), inner, "-1")
    if any(isinstance(n, (nodes.Pow, nodes.Call)) for n in walk(slot)):
        return f"{piece.atom()}.astype(int)"
    return piece.code
