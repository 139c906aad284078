"""A piece of NumPy text: how tightly it binds, the real axes of its value, its kind of numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...index.dims import Index

COMPARE, BITS, ADD, MUL, NEGATIVE, POWER, ATOM = range(1, 8)
Axes = tuple[Index | None, ...]  # the real axes in order; None is an axis of length one


class NeedsLastAxis(Exception):
    """A form that only works where the reduced axis is the last: the axis is then moved there."""


@dataclass(frozen=True)
class Piece:
    """Text and what is known of its value.

    kind: "float", "bool", "integer" (an array) or "python", a plain number, which keeps float32.
    """

    code: str
    binding: int
    axes: Axes = ()
    kind: str = "float"

    def at(self, binding: int) -> str:
        """The text, in parentheses where it binds less tightly than `binding`."""
        return self.code if self.binding >= binding else f"({self.code})"

    def atom(self) -> str:
        """The text as something that may be indexed, or called a method of."""
        return self.at(ATOM)


def number(code: str) -> Piece:
    """A Python number, written out."""
    return Piece(code, NEGATIVE if code.startswith("-") else ATOM, (), "python")


def union(pieces: list[Piece]) -> Axes:
    """The axes of an elementwise combination of pieces that are aligned to one frame."""
    length = max((len(p.axes) for p in pieces), default=0)
    axes: list[Index | None] = [None] * length
    for piece in pieces:
        for place, index in enumerate(reversed(piece.axes), start=1):
            if index is not None:
                axes[-place] = index
    return tuple(axes)


def merge(patterns: list[Axes]) -> Axes:
    """One order of axes for all: the longest pattern, and what it lacks where others have it."""
    if not patterns:
        return ()
    longest = max(_extent(p) for p in patterns)
    best = list(next(p for p in patterns if _extent(p) == longest))
    for pattern in patterns:
        for place, index in enumerate(reversed(pattern), start=1):
            if index is None or index in best:
                continue
            if index.dim.is_batch:
                best.insert(0, index)
            elif place <= len(best) and best[-place] is None:
                best[-place] = index
            elif place > len(best):
                best[:0] = [index] + [None] * (place - len(best) - 1)
            else:
                best.append(index)
    return _batch_first(tuple(best))


def _extent(axes: Axes) -> tuple[int, int]:
    return sum(a is not None for a in axes), len(axes)


def _batch_first(axes: Axes) -> Axes:
    batch = tuple(a for a in axes if a is not None and a.dim.is_batch)
    return batch + tuple(a for a in axes if a not in batch)


def stripped(axes: Axes) -> Axes:
    """Without leading axes of length one, which broadcasting adds by itself."""
    first = next((n for n, a in enumerate(axes) if a is not None), len(axes))
    return axes[first:]


def fits(axes: Axes, frame: Axes) -> bool:
    """True where an array with these axes broadcasts against the frame as it is."""
    if len(axes) > len(frame):
        return False
    pairs = zip(reversed(axes), reversed(frame), strict=False)
    return all(a == f or (a is None and not (f is not None and f.dim.is_batch)) for a, f in pairs)


def align(piece: Piece, frame: Axes, axis: str) -> Piece:
    """The piece, indexed and transposed so that it broadcasts against the frame."""
    if piece.kind == "python" or fits(piece.axes, frame):
        return piece
    wanted = stripped(tuple(a if a in piece.axes else None for a in frame))
    if axis != "-1":
        return _align_named_axis(piece, wanted, axis)
    present = [a for a in piece.axes if a is not None]
    target = [a for a in wanted if a is not None]
    if present != target:
        piece = _transposed(piece, tuple(target))
    return _indexed(piece, wanted)


def _align_named_axis(piece: Piece, wanted: Axes, axis: str) -> Piece:
    """Where the axis has no fixed place, only adding and removing it can be written."""
    if len(wanted) == len(piece.axes) + 1 and wanted[:-1] == piece.axes:
        return replace(
            piece, code=f"np.expand_dims({piece.code}, {axis})", binding=ATOM, axes=wanted
        )
    if piece.axes[:-1] == wanted and piece.axes[-1] is None:
        return replace(
            piece, code=f"np.squeeze({piece.code}, axis={axis})", binding=ATOM, axes=wanted
        )
    raise NeedsLastAxis(piece.code)


def _transposed(piece: Piece, order: Axes) -> Piece:
    piece = _indexed(piece, tuple(a for a in piece.axes if a is not None))
    source = piece.axes
    moved = [n for n, (a, b) in enumerate(zip(source, order, strict=True)) if a != b]
    if len(source) == 2 and not any(a is not None and a.dim.is_batch for a in source):
        code = f"{piece.atom()}.T"
    elif len(moved) == 2:
        first, second = (n - len(source) for n in moved)
        code = f"np.swapaxes({piece.code}, {first}, {second})"
    else:
        places = [source.index(a) - len(source) for a in order]
        trailing = ", ".join(str(-n) for n in range(len(order), 0, -1))
        code = f"np.moveaxis({piece.code}, ({', '.join(map(str, places))}), ({trailing}))"
    return replace(piece, code=code, binding=ATOM, axes=order)


def _indexed(piece: Piece, wanted: Axes) -> Piece:
    """Add and drop axes of length one."""
    items: list[str] = []
    source = list(piece.axes)
    for target in wanted:
        if target is None:
            if source and source[0] is None:
                source.pop(0)
                items.append(":")
            else:
                items.append("None")
            continue
        while source and source[0] is None:
            source.pop(0)
            items.append("0")
        source.pop(0)
        items.append("..." if target.dim.is_batch else ":")
    items += ["0"] * len(source)
    while items and items[-1] == ":" and "..." not in items:
        items.pop()
    if set(items) <= {":", "..."}:
        return replace(piece, axes=wanted)
    code = f"{piece.atom()}[{', '.join(items)}]"
    return replace(piece, code=code, binding=ATOM, axes=wanted)
