"""What is known of an input beforehand: its domain. It steers simplification, sampling and what
a proof assumes.

A domain is one class. It states facts (bounds, what its rows sum to, whether it holds labels), and
everything else follows from them: its sign, what is drawn from it, which directions stay inside it,
what is said of it. Nobody asks which domain it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from math import inf, isfinite, isnan
from typing import Any, ClassVar

import numpy as np

Array = Any

OTHER_LENGTH = 3  # what labels stay below where that is no argument's dim
MARGIN = 0.05  # of an interval: how near to its ends numbers are drawn
OFF = 0.1  # how near to the end of a half line
UNITS = 1 << 16  # rows with a given sum are multiples of 1/2¹⁶: exact in float32, as is their sum


@dataclass(frozen=True)
class Wanted:
    """How numbers are drawn from a domain.

    within: the range of the numbers before they are taken into the domain; None for its usual ones.
    scale: what numbers without bounds are multiplied by.
    bound: what labels stay below.  even: no class is left out where there is room for all, and none
    comes twice where there is none: a mean over a class, or the distance of two, may need that.
    """

    within: tuple[float, float] | None = None
    scale: float = 1.0
    bound: int = 1
    even: bool = False


@dataclass(frozen=True, repr=False)
class Domain:
    """The values an array may hold: here any numbers; a subclass says what is known of them.

    dims: the named dims as the user wrote them ("b n"), only on the way in.
    below: for labels, the dim or number that bounds them.  axis: the axis that sums to `total`.
    fixed: a number that the forward is given beside its arrays, and not differentiated by.
    """

    dims: str = ""
    below: str | int | None = None
    axis: int = -1
    fixed: bool = False

    options: ClassVar[tuple[str, ...]] = ()  # the fields that the command line may give
    example: ClassVar[str] = ""  # as it is written there; who has none is not offered
    low: ClassVar[float] = -inf
    high: ClassVar[float] = inf
    strict: ClassVar[bool] = False  # the bounds themselves are left out
    total: ClassVar[int | None] = None  # what the numbers along `axis` sum to
    is_label: ClassVar[bool] = False  # integers that select, and have no gradient
    is_mask: ClassVar[bool] = False  # truth values; they are labels, too

    def __repr__(self) -> str:
        told = {"kind": self.kind}
        told |= {f.name: getattr(self, f.name) for f in fields(self) if f.name != "fixed"}
        return f"Domain({', '.join(f'{name}={value!r}' for name, value in told.items())})"

    @property
    def kind(self) -> str:
        """The word for it."""
        return type(self).__name__.lower()

    @property
    def sign(self) -> str:
        """ "positive", "nonnegative" or "real": what is certain of every element."""
        if self.is_label or self.low < 0:
            return "real"
        return "positive" if self.low > 0 or self.strict else "nonnegative"

    @property
    def is_positive(self) -> bool:
        """Strictly positive everywhere."""
        return self.sign == "positive"

    @property
    def is_nonnegative(self) -> bool:
        """Nowhere negative."""
        return self.sign != "real"

    @property
    def is_unit(self) -> bool:
        """Nowhere below zero or above one."""
        return self.is_nonnegative and (self.high <= 1 or self.total == 1)

    @property
    def is_tied(self) -> bool:
        """No element moves alone: a derivative by one is a matter of choice."""
        return self.total is not None

    @property
    def is_whole_line(self) -> bool:
        """Any number may stand anywhere."""
        return not (self.is_label or self.is_tied or isfinite(self.low) or isfinite(self.high))

    def holds(self, value: float) -> bool:
        """True where one element may be this number, whatever the others are. An infinity, or NaN,
        is let in where nothing bounds the numbers on its side.
        """
        if self.is_label or self.is_tied:
            return False
        if isnan(value):
            return not (isfinite(self.low) and isfinite(self.high))
        if self.strict and value in (self.low, self.high) and isfinite(value):
            return False
        return self.low <= value <= self.high

    def bound(self, lengths: Mapping[str, int]) -> int:
        """The number that labels stay below, at these lengths of the dims."""
        if isinstance(self.below, int):
            return self.below
        return lengths.get(self.below or "", OTHER_LENGTH)

    def conditions(self, name: str) -> Iterator[str]:
        """What is assumed of an input of this name, each condition as a line."""
        low, high = isfinite(self.low), isfinite(self.high)
        less, more = ("<", ">") if self.strict else ("≤", "≥")
        if low and high:
            yield f"{self.low:g} {less} {name} {less} {self.high:g}"
        elif low or high:
            yield f"{name} {more if low else less} {self.low if low else self.high:g}"
        if self.total is not None:
            yield f"{name} sums to {self.total} along its axis {self.axis}"

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], wanted: Wanted | None = None
    ) -> Array:
        """Random numbers of the domain, away from its bounds."""
        wanted = wanted or Wanted()
        within = wanted.within
        raw = self._usual(rng, shape) if within is None else rng.uniform(*within, shape)
        return self.inside(self._scaled(np.asarray(raw), wanted.scale))

    def _usual(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        if isfinite(self.low) and isfinite(self.high):
            return rng.uniform(*self.part(-inf, inf), shape)
        if isfinite(self.low):
            return self.low + rng.uniform(0.5, 2.0, shape)
        if isfinite(self.high):
            return self.high - rng.uniform(0.5, 2.0, shape)
        return rng.standard_normal(shape)

    def _scaled(self, values: Array, scale: float) -> Array:
        low, high = isfinite(self.low), isfinite(self.high)
        if low and high:
            return values
        if not (low or high):
            return values * scale
        end = self.low if low else self.high
        return end + (values - end) * max(scale, 1.0)

    def part(self, low: float, high: float) -> tuple[float, float]:
        """The part of a range that lies within the domain, away from its bounds."""
        off = MARGIN * (self.high - self.low) if isfinite(self.high - self.low) else OFF
        return max(low, self.low + off), min(high, self.high - off)

    def inside(self, values: Array, bound: int = 1) -> Array:
        """Numbers as the domain may hold them, those that it holds as they are: what lies beyond a
        bound is mirrored there.
        """
        low, high = self.part(-inf, inf)
        if isfinite(low) and isfinite(high) and not self.is_tied:
            around = np.mod(values - low, 2 * (high - low))
            mirrored = low + np.minimum(around, 2 * (high - low) - around)
            values = np.where((values >= low) & (values <= high), values, mirrored)
        elif isfinite(low):
            values = np.where(values >= low, values, 2 * low - values)
        elif isfinite(high):
            values = np.where(values <= high, values, 2 * high - values)
        return values if self.total is None else self._summed(values, self.total)

    def _summed(self, values: Array, total: int) -> Array:
        """Rows that sum to the total exactly."""
        sums = values.sum(axis=self.axis, keepdims=True)
        rows = values / sums * total if total else values - sums / values.shape[self.axis]
        units = np.floor(rows * UNITS)
        first = (slice(None),) * (self.axis % values.ndim) + (slice(0, 1),)
        units[first] += total * UNITS - units.sum(axis=self.axis, keepdims=True)
        return units / UNITS

    def tangent(self, direction: Array) -> Array:
        """The part of a direction that stays within the domain."""
        if self.total is None:
            return direction
        length = np.shape(direction)[self.axis]
        return direction - np.sum(direction, axis=self.axis, keepdims=True) / length


class Real(Domain):
    """Any numbers: what a bare string means."""

    example = "x=b n"


class Positive(Domain):
    """Numbers above zero."""

    example = "x=positive n"
    low, strict = 0.0, True


class Nonnegative(Domain):
    """Numbers that are not below zero."""

    low = 0.0


class Unit(Domain):
    """Numbers between zero and one: what a sigmoid gives."""

    low, high, strict = 0.0, 1.0, True


class Integers(Domain):
    """Labels 0, 1, ..., below - 1."""

    example = "t=integers b below n"
    options: ClassVar[tuple[str, ...]] = ("below",)
    is_label = True

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, ...], wanted: Wanted | None = None
    ) -> Array:
        """Random labels."""
        wanted = wanted or Wanted()
        if not wanted.even:
            return self.inside(rng.integers(0, wanted.bound, shape), wanted.bound)
        count = int(np.prod(shape))
        drawn = rng.permutation(max(count, wanted.bound))[:count].reshape(shape)
        return self.inside(drawn, wanted.bound)

    def inside(self, values: Array, bound: int = 1) -> Array:
        """Whole numbers as labels below the bound."""
        return np.asarray(values).astype(np.int64) % bound

    def conditions(self, name: str) -> Iterator[str]:
        """What the labels stay below."""
        yield f"{name} holds labels below {self.below}"


@dataclass(frozen=True, repr=False)
class Boolean(Integers):
    """Truth values: labels below 2."""

    below: str | int | None = 2
    example = "m=boolean b n"
    options: ClassVar[tuple[str, ...]] = ()
    is_mask = True

    def conditions(self, name: str) -> Iterator[str]:
        """That they are truth values."""
        yield f"{name} holds truth values"


class Simplex(Domain):
    """Positive numbers that sum to one along an axis, such as probabilities."""

    example = "q=simplex b n axis -1"
    options = ("axis",)
    low, strict, total = 0.0, True, 1


REAL, POSITIVE, NONNEGATIVE, UNIT = Real(), Positive(), Nonnegative(), Unit()


def offered(base: type[Domain] = Domain) -> dict[str, type[Domain]]:
    """Every domain that the command line takes, by its word."""
    found = {base.__name__.lower(): base} if vars(base).get("example") else {}
    for one in base.__subclasses__():
        found |= offered(one)
    return found


def real(dims: str) -> Domain:
    """Real numbers over named dims: what a bare string means."""
    return Real(dims)


def positive(dims: str) -> Domain:
    """Numbers above zero over named dims."""
    return Positive(dims)


def integers(dims: str, below: str | int) -> Domain:
    """Labels 0, 1, ..., below - 1 over named dims, where `below` names a dim or is a number. Not
    differentiated.
    """
    return Integers(dims, below=below)


def boolean(dims: str) -> Domain:
    """Truth values over named dims: they choose, and have no gradient."""
    return Boolean(dims)


def simplex(dims: str, axis: int = -1) -> Domain:
    """Positive numbers that sum to one along `axis`, such as probabilities."""
    return Simplex(dims, axis=axis)
