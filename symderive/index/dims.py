"""Named dims, and the index variables that run over them."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import ClassVar

BATCH = "..."
VECTOR_LETTERS = ("i", "j", "k", "l")


@dataclass(frozen=True, order=True)
class Dim:
    """A named dim `n`: an axis of symbolic length, or of a known one where `length` is given.

    `extent` holds the length of a derived dim as a linear form over other dims,
    `(("m", 1), ("n", 1), ("", -1))` for m + n - 1.
    """

    name: str
    length: int | None = None
    extent: tuple[tuple[str, int], ...] = ()

    @property
    def is_batch(self) -> bool:
        """True for `...`, which stands for any number of leading dims."""
        return self.name == BATCH

    def __str__(self) -> str:
        return self.name


class Index:
    """The index variable number `serial` of a dim: for `n` these read i, j, k; for `b` they read b,
    b', b''.

    Interned: two equal ones are one object, so that sets of them, of which there are very many,
    stay cheap.
    """

    __slots__ = ("dim", "label", "order", "serial")
    _made: ClassVar[dict[tuple[Dim, int], Index]] = {}
    dim: Dim
    serial: int
    label: str
    order: tuple[str, int, tuple[tuple[str, int], ...], int]

    def __new__(cls, dim: Dim, serial: int = 0) -> Index:
        found = cls._made.get((dim, serial))
        if found is None:
            made = object.__new__(cls)
            made.dim, made.serial, made.label = dim, serial, f"{dim!r} {serial}"
            made.order = (dim.name, -1 if dim.length is None else dim.length, dim.extent, serial)
            found = cls._made.setdefault((dim, serial), made)  # another thread may have been faster
        return found

    def __lt__(self, other: Index) -> bool:
        return self.order < other.order

    def __reduce__(self) -> tuple[type[Index], tuple[Dim, int]]:
        return Index, (self.dim, self.serial)

    def __repr__(self) -> str:
        return f"Index({self.dim!r}, {self.serial})"

    @property
    def letter(self) -> str:
        """How a reader sees this index."""
        return letter(self.dim, self.serial)

    def __str__(self) -> str:
        return self.letter


def indices_of(dims: Sequence[Dim]) -> tuple[Index, ...]:
    """The free indices of a tensor with these dims: serial 0, then 1, 2 where a dim comes again."""
    return tuple(Index(d, dims[:n].count(d)) for n, d in enumerate(dims))


def unused_index(dim: Dim, taken: Container[object], first: int = 0) -> Index:
    """The first index of a dim, from this serial on, that nobody has taken."""
    return next(i for n in count(first) if (i := Index(dim, n)) not in taken)


def letter(dim: Dim, serial: int) -> str:
    """`n` counts i, j, k, l, i', ...; any other dim uses its own name with primes."""
    if dim.is_batch:
        return "…" + "'" * serial
    if dim.name == "n" and serial >= 0:
        return VECTOR_LETTERS[serial % 4] + "'" * (serial // 4)
    return dim.name + ("'" * serial if serial >= 0 else f"~{-serial}")


def size_name(dim: Dim) -> str:
    """How a reader sees the length of a dim: n for `n`, whose indices are i, j, k; B for `b`,
    |seq| for `seq`.
    """
    if dim.name == "n":
        return "n"
    return dim.name.upper() if len(dim.name) == 1 else f"|{dim.name}|"


def length_of(dim: Dim, lengths: Mapping[str, int]) -> int:
    """The length of a dim when the lengths of the free ones are known."""
    if dim.length is not None:
        return dim.length
    if dim.extent:
        return sum(times * (lengths[name] if name else 1) for name, times in dim.extent)
    return lengths[dim.name]
