"""Kinks that cancel: where the slopes of the whole agree on both sides, that is its slope.

Each kink by itself has a convention for the place where it has no slope: the maximum of x and 0
passes nothing on at 0. In max(x, 0) + log(1 + e^-|x|), which is smooth, the two conventions do not
fit together. So the kinks that meet in one place are found, the slope of the whole is compared with
its limits on either side, and where these agree and the slope differs all of them take one side.
What has a kink as a whole keeps its conventions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..index import nodes
from ..index.nodes import Expr
from ..index.walk import walk
from ..program import Program
from .candidates import candidates
from .crossings import AWAY, MORE, Crossing, crossings, ties
from .sides import Side, sites_of, with_sides_taken
from .switches import Switches
from .tangents import slope, tangents

Array = Any
MOST_KINKS = 32  # more of them keep their conventions: to look at all pairs takes seconds
CLOSE = 1e-6  # what the limits of a slope on either side differ by where it is smooth


def with_sides(program: Program) -> Program:
    """The program with one side taken of the kinks that cancel."""
    plain = replace(program, assignments=tuple(replace(a, sided=None) for a in program.assignments))
    sites = sites_of(plain)
    if len(sites) + len(_extrema(plain)) < 2 or len(sites) > MOST_KINKS:
        return plain
    met = [*crossings(plain, sites), *ties(plain, sites)]
    switches = Switches(plain)
    chosen: dict[Expr, Side] = {}
    best = plain
    for crossing in met:
        if _slopes(best, crossing).wrong.any():
            near = [m for m in met if m is not crossing and m.touches(crossing)]
            more = crossings(plain, list(crossing.vanished), MORE, len(MORE))
            places = [crossing, *near, *more]
            found = _mended(plain, best, chosen, places, candidates(sites, places, switches))
            best, chosen = found or (best, chosen)
    return best


def _extrema(program: Program) -> list[Expr]:
    lines = [a.value for a in program.assignments if not a.constant]
    found = [n for value in lines for n in walk(value) if isinstance(n, nodes.Reduce)]
    return [n for n in found if n.op in ("max", "min")]


@dataclass(frozen=True)
class Slopes:
    """The slope of every output at a crossing, and its limits from either side."""

    here: Array
    above: Array
    below: Array
    jumps: Array  # True where the output itself is another than its limit: then it has no slope

    @property
    def smooth(self) -> Array:
        """True for the outputs that have one slope there."""
        return _close(self.above, self.below) & ~self.jumps

    @property
    def wrong(self) -> Array:
        """True for those of them whose slope is another one."""
        return self.smooth & ~_close(self.here, self.above)

    def agrees_away(self, other: Slopes) -> bool:
        """True where both have the same slopes on either side: a side is of the kink alone, and an
        equality that holds next to it, too, as of a minimum with one of its elements, has none.
        """
        pairs = ((self.above, other.above), (self.below, other.below))
        return all((_close(a, b) | (np.isnan(a) & np.isnan(b))).all() for a, b in pairs)


def _close(a: Array, b: Array) -> Array:
    return np.abs(a - b) <= CLOSE * (1 + np.abs(a))


def _slopes(program: Program, crossing: Crossing) -> Slopes:
    lines = tangents(program)
    output, line, there = program.output.tensor, crossing.line, crossing.there.arrays

    def limit(sign: int) -> tuple[Array, Array]:
        near, far = (line.at(crossing.place + sign * k * AWAY) for k in (1, 2))
        value = 2 * near.arrays[output.name] - far.arrays[output.name]
        return value, 2 * slope(near, lines, output, line.tangents) - slope(
            far, lines, output, line.tangents
        )

    with np.errstate(all="ignore"):
        here, value = slope(crossing.there, lines, output, line.tangents), there[output.name]
        (value_above, above), (value_below, below) = limit(1), limit(-1)
        jumps = ~(_close(value_above, value) & _close(value_below, value))
        return Slopes(here, above, below, jumps)


def _mended(
    plain: Program,
    before: Program,
    known: dict[Expr, Side],
    met: Sequence[Crossing],
    told: Iterable[dict[Expr, Side]],
) -> tuple[Program, dict[Expr, Side]] | None:
    """The program with sides for the kinks of the first crossing that make its slopes right, and
    none wrong at those near it; where all kinks have a side, none but by a convention.

    Sides that leave the slopes of what has a kink as they are come first.
    """
    usual = [_slopes(before, m) for m in met]
    spare = None
    for sides in told:
        chosen = {**known, **sides}
        program = with_sides_taken(plain, chosen, met[0].there)
        found = [_slopes(program, m) for m in met]
        pairs = list(zip(met, found, usual, strict=True))
        if not all(f.agrees_away(u) for f, u in zip(found, usual, strict=True)):
            continue
        if found[0].wrong.any() or any(_worse(f, u, m.among(chosen)) for m, f, u in pairs):
            continue
        if all((f.smooth | _close(f.here, u.here)).all() for _, f, u in pairs):
            return program, chosen
        spare = spare or (program, chosen)
    return spare


def _worse(found: Slopes, usual: Slopes, decided: bool) -> bool:
    """True where a slope is wrong that was right; where all is decided, also one that was wrong in
    another way.
    """
    before = _close(found.here, usual.here) if decided else usual.wrong
    return bool((found.wrong & ~before).any())
