"""The real axes of an array, in order: the index that runs along each, None for a length of one."""

from __future__ import annotations

from collections.abc import Iterable

from ..index.dims import Dim, Index

Axes = tuple[Index | None, ...]
Layout = tuple[Dim | None, ...]


class NeedsLastAxis(Exception):
    """A form that only works where the reduced axis is the last: the axis is then moved there."""


def layout_of(axes: Axes) -> Layout:
    """The dims of real axes."""
    return tuple(None if a is None else a.dim for a in axes)


def union(several: Iterable[Axes]) -> Axes:
    """The axes of an elementwise combination of arrays that are aligned to one frame."""
    given = list(several)
    axes: list[Index | None] = [None] * max(map(len, given), default=0)
    for each in given:
        for place, index in enumerate(reversed(each), start=1):
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
