"""Where a line through the inputs meets the kinks of a program."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..index.evaluate import NUMPY, Evaluator, Functions
from ..index.functions import Function
from ..index.nodes import Expr
from ..program import Program
from .check import Point
from .sides import Site

Array = Any
Move = Callable[["Line"], None]  # of the place that a line runs through
Turn = tuple[int, int]  # the signs of a switch before and behind a place
LINES = range(6)  # seeds of lines; through the later ones one input moves alone
MORE = range(6, 14)  # lines on which sides that were found are looked at again
MOST_MET = 2  # lines on which one kink is met
PLACES = (0.0, 0.25, -0.25, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 4.0, -4.0, 16.0, -16.0, 100.0, -100.0)
NEAR = 1e-9  # two numbers that meet at a crossing differ by less
AWAY = 1e-5  # from a crossing: where the slope is taken on either side
MOST_STEPS = 60
ORDERS = ((0, 1, 2), (1, 0, 2), (0, 2, 1))  # and their reverses, on the other side
MOST_ALONE = 4  # inputs that are 0 while the others are anything


def _tied(u: Array) -> Array:
    return np.where(np.abs(u) <= NEAR, 0, u)


def _near_zero(function: Function) -> Callable[..., Array] | None:
    """A function that jumps at 0, with numbers near 0 taken as 0."""
    plain = NUMPY.find(function)
    if plain is None or function.kink is None or not function.kink.jumps:
        return plain
    return lambda u, *rest: plain(_tied(u), *rest)


TIED = Functions(_near_zero, NUMPY.number, NUMPY.constants, NUMPY.power, NEAR, rounded=True)


class Line:
    """A program along a line through its inputs: x + t d for real ones, x e^(t d) for positive
    ones.
    """

    def __init__(self, program: Program, seed: int) -> None:
        self.program = program
        at = Point(program, (), seed).evaluator
        self.lengths = at.lengths
        rng = np.random.default_rng(seed)
        self.start = {p.tensor.name: at.arrays[p.tensor.name] for p in program.parameters}
        self.along: dict[str, Array] = {}
        self.tangents: dict[str, Array] = {}
        self.rng = rng
        self.positive = {a.tensor.name for a in program.arguments if a.tensor.domain.is_nonnegative}
        for argument in program.arguments:
            name, array = argument.tensor.name, np.asarray(at.arrays[argument.tensor.name])
            self.start[name] = array
            if argument.differentiable:
                held = argument.tensor.domain.is_tied
                self.along[name] = 0.0 * array if held else rng.standard_normal(array.shape)
                self.tangents[name] = rng.standard_normal(array.shape)
        moving = list(self.along)
        if seed >= MOST_MET and moving:
            alone = moving[seed % len(moving)]
            self.along = {n: d * (n == alone) for n, d in self.along.items()}
        self._known: dict[float, Evaluator] = {}

    def at(self, place: float, functions: Functions = NUMPY) -> Evaluator:
        """Every tensor of the program at a place of the line."""
        if functions is NUMPY and place in self._known:
            return self._known[place]
        arrays = dict(self.start)
        for name, direction in self.along.items():
            moved = place * direction
            positive = name in self.positive
            arrays[name] = arrays[name] * np.exp(moved) if positive else arrays[name] + moved
        evaluator = Evaluator(arrays, self.lengths, functions)
        for line in self.program.assignments:
            evaluator.assign(line.tensor, line.indices, line.value)
        if functions is NUMPY:
            self._known[place] = evaluator
        return evaluator


@dataclass(frozen=True)
class Crossing:
    """A place of a line where kinks are met: for each, the signs of its switch on either side."""

    line: Line
    place: float
    vanished: Mapping[Site, Turn] = field(hash=False)

    @cached_property
    def there(self) -> Evaluator:
        """The program at the crossing, where numbers that nearly meet count as equal."""
        return self.line.at(self.place, TIED)

    def turn(self, switch: Expr) -> Turn | None:
        """The signs of a switch before and behind the crossing; None where it is not met there."""
        return _turn(self.line, switch, self.place)

    def among(self, kinks: Container[Expr]) -> bool:
        """True where all that is met is among these."""
        return all(site.node in kinks for site in self.vanished)

    def touches(self, other: Crossing) -> bool:
        """True where some kink is met at both."""
        return not self.vanished.keys().isdisjoint(other.vanished)


def crossings(
    program: Program, sites: Sequence[Site], lines: Iterable[int] = LINES, most: int = 1
) -> Iterator[Crossing]:
    """Places where the kinks are met: each on so many lines at most, and on all of the first."""
    met = dict.fromkeys(sites, 0)
    for seed in lines:
        left = [s for s in sites if met[s] < (MOST_MET if seed < MOST_MET else most)]
        line = Line(program, seed) if left else None
        while line and left:
            place = _meets(line, left[0])
            if place is None:
                left = left[1:]
                continue
            turned = {s: _turn(line, s.switch, place) for s in sites}
            found = Crossing(line, place, {s: turn for s, turn in turned.items() if turn})
            for site in found.vanished:
                met[site] += 1
            left = [s for s in left[1:] if s not in found.vanished]
            yield found


def ties(program: Program, sites: Sequence[Site]) -> Iterator[Crossing]:
    """Places where more kinks meet than on any line by chance: where all inputs are equal; and
    where one of them is 0, the others having either sign.
    """
    reals = [a.tensor.name for a in program.arguments if a.tensor.domain.is_whole_line]
    alone = reals[:MOST_ALONE] if len(reals) > 1 else []
    moves: list[Move] = [partial(_alike, 0.0), partial(_alike, 0.75)]
    moves += [partial(_shared, order) for order in (ORDERS if len(reals) > 2 else ORDERS[:1])]
    moves += [partial(_zero, name, sign) for name in alone for sign in (1, -1)]
    for place, move in enumerate(moves):
        line = Line(program, place % MOST_MET)
        move(line)
        turned = {s: _turn(line, s.switch, 0.0) for s in sites}
        found = {s: turn for s, turn in turned.items() if turn}
        if len(found) > 1:
            yield Crossing(line, 0.0, found)


def _alike(value: float, line: Line) -> None:
    """Every element of every input is the number, or 1 where that is 0 and they are positive."""
    for name in line.along:
        number = value or float(name in line.positive)
        line.start[name] = np.full_like(line.start[name], number, dtype=float)


def _zero(zero: str, sign: int, line: Line) -> None:
    """One input is 0, and the other real ones are of one sign."""
    for name in line.along:
        if name not in line.positive:
            line.start[name] = (name != zero) * sign * np.abs(line.start[name])


def _shared(order: tuple[int, ...], line: Line) -> None:
    """Inputs of one shape hold the same, and the first of them move apart in this order."""
    first: dict[tuple[int, ...], Array] = {}
    for name in line.along:
        line.start[name] = first.setdefault(line.start[name].shape, line.start[name])
    for name, place in zip(line.along, order, strict=False):
        line.along[name] = place + line.rng.uniform(0.2, 0.8, line.start[name].shape)


def _values(line: Line, switch: Expr, place: float) -> Array:
    axes = tuple(sorted(switch.free))
    return np.asarray(line.at(place)(switch, axes), float)


def _meets(line: Line, site: Site) -> float | None:
    """A place where an element of the switch changes its sign, without a jump."""
    known: list[tuple[float, Array]] = []
    for place in PLACES:
        values = _values(line, site.switch, place)
        beside = [k for k in known if k[0] * place >= 0]
        if beside:
            last, before = beside[-1]
            turned = np.argwhere((before * values < 0) & np.isfinite(before * values))
            for element in line.rng.permutation(turned)[:2]:
                found = _root(partial(_element, line, site, tuple(element)), last, place)
                if found is not None:
                    return found
        known.append((place, values))
    return None


def _element(line: Line, site: Site, element: tuple[int, ...], place: float) -> float:
    return float(_values(line, site.switch, place)[element])


def _root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a function with another sign at either end is 0, by secants that keep it enclosed."""
    at_low, at_high = function(low), function(high)
    scale = max(abs(at_low), abs(at_high))
    for _ in range(MOST_STEPS):
        middle = high - at_high * (high - low) / (at_high - at_low)
        value = function(middle)
        if abs(value) <= 1e-15 * scale or not np.isfinite(value):
            return middle if np.isfinite(value) else None
        if value * at_high < 0:
            low, at_low = high, at_high
        else:
            at_low *= 0.5
        high, at_high = middle, value
    return high if abs(at_high) <= NEAR * 1e-3 else None


def _turn(line: Line, switch: Expr, place: float) -> Turn | None:
    """The signs of a switch before and behind a place where an element of it is 0; None where none
    is, or it has no value on one of the sides. What stays 0 on a side counts as turning its sign.
    """
    here = np.abs(_values(line, switch, place)) <= NEAR
    if not here.any():
        return None
    sides = [_tied(_values(line, switch, place + k * AWAY)[here].flat[0]) for k in (-1, 1)]
    if np.isnan(sides).any():
        return None
    before, behind = (int(np.sign(side)) for side in sides)
    return before or -behind or 1, behind or -before or -1
