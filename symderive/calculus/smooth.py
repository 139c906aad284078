"""Kinks that cancel: where the slopes of the whole agree on both sides, that is its slope.

Each kink by itself has a convention for the place where it has no slope: the maximum of x and 0
passes nothing on at 0. In max(x, 0) + log(1 + e^-|x|), which is smooth, the two conventions do not
fit together. So the kinks that meet in one place are found, the slope of the whole is compared with
its limits on either side, and where these agree and the slope differs all of them take one side.
What has a kink as a whole keeps its conventions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..index import nodes
from ..index.nodes import Expr
from ..index.walk import walk
from ..program import Program
from .crossings import AWAY, Crossing, crossings
from .sides import Side, Site, common, sites_of, with_sides_taken
from .tangents import slope, tangents

Array = Any
CLOSE = 1e-6  # what the limits of a slope on either side differ by where it is smooth


def with_sides(program: Program) -> Program:
    """The program with one side taken of the kinks that cancel."""
    plain = replace(program, assignments=tuple(replace(a, sided=None) for a in program.assignments))
    sites = sites_of(plain)
    if len(sites) + len(_extrema(plain)) < 2:
        return plain
    met = list(crossings(plain, sites))
    chosen: dict[Expr, Side] = {}
    best = plain
    for crossing in met:
        if _slopes(best, crossing).wrong.any():
            near = [m for m in met if m is not crossing and m.touches(crossing)]
            found = _mended(plain, best, chosen, [crossing, *near])
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

    @property
    def smooth(self) -> Array:
        """True for the outputs that have one slope there."""
        return _close(self.above, self.below)

    @property
    def wrong(self) -> Array:
        """True for those of them whose slope is another one."""
        return self.smooth & ~_close(self.here, self.above)


def _close(a: Array, b: Array) -> Array:
    return np.abs(a - b) <= CLOSE * (1 + np.abs(a))


def _slopes(program: Program, crossing: Crossing) -> Slopes:
    lines = tangents(program)
    output, line = program.output.tensor, crossing.line

    def limit(sign: int) -> Array:
        near, far = (line.at(crossing.place + sign * k * AWAY) for k in (1, 2))
        return 2 * slope(near, lines, output, line.tangents) - slope(
            far, lines, output, line.tangents
        )

    with np.errstate(all="ignore"):
        here = slope(crossing.there, lines, output, line.tangents)
        return Slopes(here, limit(1), limit(-1))


def _mended(
    plain: Program, before: Program, known: dict[Expr, Side], near: Sequence[Crossing]
) -> tuple[Program, dict[Expr, Side]] | None:
    """The program with sides for the kinks of the first crossing that make its slopes right, and
    none wrong at those near it.

    Sides that leave the slopes of what has a kink as they are come first.
    """
    usual = [_slopes(before, m) for m in near]
    spare = None
    for sides in _candidates(near[0]):
        chosen = {**known, **sides}
        program = with_sides_taken(plain, chosen, near[0].there)
        found = [_slopes(program, m) for m in near]
        pairs = list(zip(found, usual, strict=True))
        if found[0].wrong.any() or any((f.wrong & ~u.wrong).any() for f, u in pairs):
            continue
        if all((f.smooth | _close(f.here, u.here)).all() for f, u in pairs):
            return program, chosen
        spare = spare or (program, chosen)
    return spare


def _candidates(crossing: Crossing) -> Iterator[dict[Expr, Side]]:
    """All kinks on one side of the first; all on the other; half of each. The author's own
    comparisons are told otherwise only where nothing else helps.
    """
    sites = list(crossing.vanished)
    kinks = [s for s in sites if not isinstance(s.node, nodes.Bracket)]
    for turned in [kinks, sites] if len(kinks) < len(sites) else [sites]:
        for tie in (-1, 1, 0):
            if turned:
                yield _told(turned, crossing, tie)


def _told(sites: list[Site], crossing: Crossing, tie: int) -> dict[Expr, Side]:
    """The sides of kinks, those with one switch by the very same brackets."""
    first = crossing.vanished[sites[0]]
    told: dict[Expr, Side] = {}
    heads: list[Site] = []
    for site in sites:
        head = next((h for h in heads if common(site, h)), None)
        if head is None:
            heads.append(site)
            told[site.node] = Side.of(site, tie * first * crossing.vanished[site])
        else:
            side = told[head.node]
            told[site.node] = side if common(site, head) > 0 else side.turned
    return told
