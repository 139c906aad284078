"""The nodes that move elements and compute nothing: parts, places, orders of axes, new shapes."""

from __future__ import annotations

from dataclasses import dataclass, field

from .nodes import INTEGER, Array, Item, Operation


@dataclass(frozen=True)
class Permuted(Operation):
    """The same elements with the axes in another order."""

    value: Array


@dataclass(frozen=True)
class Unit(Operation):
    """The same elements with axes of length one added or dropped."""

    value: Array


@dataclass(frozen=True)
class Sliced(Operation):
    """Parts and places of the axes."""

    value: Array
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Rolled(Operation):
    """Axes whose end is joined to their start, moved around."""

    value: Array
    by: tuple[Array, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class TakenRows(Operation):
    """The rows at labels along the first axis, of which the items are taken."""

    value: Array
    labels: Array
    items: tuple[Item, ...]


@dataclass(frozen=True)
class TakenEach(Operation):
    """Of each row the element at its own label."""

    value: Array
    labels: Array


@dataclass(frozen=True)
class TakenAlong(Operation):
    """The elements at places along the last axis."""

    value: Array
    places: Array


@dataclass(frozen=True)
class Gathered(Operation):
    """The elements at index arrays, one for each axis, that broadcast against one another."""

    value: Array
    places: tuple[Array | Item, ...]


@dataclass(frozen=True)
class Clipped(Operation):
    """Places between 0 and the end of an axis: `name` is the array, `place` its axis."""

    value: Array
    name: str
    place: int
    kind: str = field(kw_only=True, default=INTEGER)


@dataclass(frozen=True)
class Diagonal(Operation):
    """The elements at equal places of the last two axes."""

    value: Array


@dataclass(frozen=True)
class Stacked(Operation):
    """Arrays side by side along a new axis."""

    values: tuple[Array, ...]
    place: int


@dataclass(frozen=True)
class Concatenated(Operation):
    """Arrays end to end along an axis."""

    values: tuple[Array, ...]
    place: int


@dataclass(frozen=True)
class Filled(Operation):
    """A new array of one number, or of a value that broadcasts to it.

    like: an array with its shape and dtype, "" where there is none; then `shape` has its lengths,
    and `dtype` names an array with its dtype.
    """

    value: Array
    like: str
    shape: tuple[Array, ...] = ()
    dtype: str = ""


@dataclass(frozen=True)
class Copied(Operation):
    """The same elements in memory of their own."""

    value: Array


@dataclass(frozen=True)
class Reshaped(Operation):
    """The same elements in order, with axes of these lengths."""

    value: Array
    lengths: tuple[Array, ...]


@dataclass(frozen=True)
class MovedAxis(Operation):
    """The axis that the caller names brought to the end, or (`back`) from the end to its place."""

    value: Array
    back: bool
