"""The lines of an array program: a name gets a value, and parts of it are then changed in place."""

from __future__ import annotations

from dataclasses import dataclass

from .nodes import Array, Item

NEW, INTO, OVER = "new", "into", "over"


@dataclass(frozen=True)
class AddSlice:
    """A part of the array is set, or has a value added or subtracted: `sign` says which."""

    sign: str
    items: tuple[Item, ...]
    value: Array


@dataclass(frozen=True)
class AddAt:
    """Values are added at labels along one axis, as often as a label occurs."""

    place: int
    labels: Array
    value: Array


@dataclass(frozen=True)
class SetEach:
    """Of each row the element at its own label is set."""

    labels: Array
    value: Array


@dataclass(frozen=True)
class SetAlong:
    """The elements at places along one axis are set."""

    places: Array
    value: Array
    place: int


@dataclass(frozen=True)
class SetDiagonal:
    """The diagonal of a matrix is set."""

    value: Array


@dataclass(frozen=True)
class ZeroWhereInfinite:
    """What is infinite becomes 0.

    equation: the number of the line that says so.  number: it may be one number and no array.
    """

    equation: int
    number: bool


Update = AddSlice | AddAt | SetEach | SetAlong | SetDiagonal | ZeroWhereInfinite


@dataclass(frozen=True)
class Line:
    """A name and its value, with the mathematics that it computes, and what is changed afterwards.

    how: NEW, a new array; INTO, the value (a function of NumPy's kind) is written into the array of
    that name as it is computed; OVER, it is written over that array.
    """

    name: str
    value: Array
    note: str
    equation: int
    after: tuple[Update, ...] = ()
    how: str = NEW
