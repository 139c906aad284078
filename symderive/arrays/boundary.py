"""Where arrays enter and leave a function: merged axes split and join, the caller's axis moves to
the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import NotSupportedError
from ..index.dims import Dim
from ..program import Layout as Axes
from .axes import Layout
from .moves import MovedAxis, Reshaped
from .nodes import NUMBER, Array, Elementwise, Held, Length, Lengths, number
from .scope import Scope, product


@dataclass(frozen=True)
class Entry:
    """An argument that gets another value before any work is done with it."""

    name: str
    value: Array


def split(layout: Axes) -> Layout:
    """The layout in which the code works: merged axes split, axes without a dim of length one."""
    found: list[Dim | None] = []
    for axis in layout:
        found += list(axis) if axis else [None]
    return tuple(found)


def joined(layout: Layout) -> Axes:
    """A working layout as real axes, of one dim or of none."""
    return tuple((d,) if d else () for d in layout)


def entering(
    name: str, layout: Axes, known: Mapping[str, Layout], moved: Dim | None
) -> list[Entry]:
    """What brings an argument into its working layout."""
    found = []
    if moved is not None and layout and layout[-1] == (moved,):
        found.append(Entry(name, MovedAxis(Held(name), back=False)))
    if any(len(axis) > 1 for axis in layout):
        lengths = tuple(
            length
            for place, axis in enumerate(layout)
            for length in _split(name, place, layout, axis, known)
        )
        found.append(Entry(name, Reshaped(Held(name), lengths)))
    return found


def _split(
    name: str, place: int, layout: Axes, axis: tuple[Dim, ...], known: Mapping[str, Layout]
) -> list[Array]:
    """The lengths of the dims of one real axis of an argument."""
    here = place - len(layout)
    if axis and axis[0].is_batch:
        return [Lengths(name, len(layout) - 1)]
    if not axis:
        return [number(1)]
    if len(axis) == 1:
        return [Length(name, here)]
    told = [_known(d, name, known) for d in axis]
    unknown = [d for d, length in zip(axis, told, strict=True) if length is None]
    if len(unknown) > 1:
        raise NotSupportedError(
            f"the merged axis '{' '.join(map(str, axis))}' of {name} cannot be split: "
            f"no other input tells the lengths of {' and '.join(map(str, unknown))}"
        )
    rest = product([length for length in told if length is not None])
    whole = Elementwise("whole_quotient", (Length(name, here), rest), kind=NUMBER)
    return [length or whole for length in told]


def _known(dim: Dim, name: str, known: Mapping[str, Layout]) -> Array | None:
    if dim.length is not None:
        return number(dim.length)
    others = Scope(layouts={n: held for n, held in known.items() if n != name})
    return others.size(dim) if any(dim in held for held in others.layouts.values()) else None


def leaving(name: str, layout: Axes, moved: Dim | None) -> Array:
    """A result in the layout that the caller sees."""
    found: Array = Held(name)
    if any(len(axis) > 1 for axis in layout):
        count = sum(max(len(axis), 1) for axis in layout)
        place, lengths = -count, []
        for axis in layout:
            lengths.append(_joined(name, place, axis, count))
            place += max(len(axis), 1)
        found = Reshaped(found, tuple(lengths))
    if moved is not None and layout and layout[-1] == (moved,):
        found = MovedAxis(found, back=True)
    return found


def _joined(name: str, place: int, axis: tuple[Dim, ...], count: int) -> Array:
    if axis and axis[0].is_batch:
        return Lengths(name, count - 1)
    if not axis:
        return number(1)
    lengths: list[Array] = [
        number(d.length) if d.length is not None else Length(name, place + n)
        for n, d in enumerate(axis)
    ]
    return product(lengths)
