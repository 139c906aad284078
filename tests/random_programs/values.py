"""What the generator knows of a value while it writes a program: dims, range, and what made it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

T = TypeVar("T")
UNIT = "1"
LENGTHS = {"b": 2, "n": 4, "m": 3}
SINGLE = {"b": 1, "n": 1, "m": 2}  # axes of length one must not be taken for broadcast ones


class Chooser(Protocol):
    """Where the decisions of a generator come from."""

    def pick(self, options: Sequence[T]) -> T: ...

    def chance(self, percent: int) -> bool: ...


_serials = itertools.count()


@dataclass(frozen=True, eq=False)
class Value:
    """`text` with `{0}`, `{1}` for the operands; an input where there is no text.

    dims: a name for each axis, "1" for one of length one; "n-1", "m+n", "n*m", "2" are derived.
    low, high: bounds for inputs within their ranges.
    positive: certainly above zero wherever the positive inputs are.
    owned: a fresh array that nothing else sees, so that it may be written to.
    writes: an in-place statement on the first operand.
    serial: the place in the order in which values were made.
    """

    dims: tuple[str, ...]
    low: float
    high: float
    positive: bool = False
    text: str = ""
    operands: tuple[Value, ...] = ()
    name: str = ""
    domain: str = "real"
    owned: bool = True
    writes: bool = False
    serial: int = field(default_factory=lambda: next(_serials))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.dims)

    @property
    def size(self) -> float:
        """The largest absolute value."""
        return max(abs(self.low), abs(self.high))


def length(dim: str, lengths: Mapping[str, int] = LENGTHS) -> int:
    """The length of a dim, a derived one too."""
    for sign, join in (
        ("*", lambda a, b: a * b),
        ("+", lambda a, b: a + b),
        ("-", lambda a, b: a - b),
    ):
        if sign in dim:
            left, right = dim.rsplit(sign, 1)
            return join(length(left, lengths), length(right, lengths))
    return int(dim) if dim.isdigit() else lengths[dim]


def broadcast(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...] | None:
    """The dims of a NumPy broadcast, or None where it does not hold for every length."""
    out = []
    for i in range(1, max(len(a), len(b)) + 1):
        p, q = (d[-i] if i <= len(d) else UNIT for d in (a, b))
        if p != q and UNIT not in (p, q):
            return None
        out.append(q if p == UNIT else p)
    return tuple(reversed(out))
