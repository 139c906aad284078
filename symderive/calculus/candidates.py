"""The sides that kinks which meet in one place may take together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..index import nodes
from ..index.nodes import ZERO, Expr
from .crossings import Crossing, Turn
from .sides import Side, Site
from .switches import Switch, Switches

TIES = (-1, 1, 0)  # below, above, half of each


def candidates(
    sites: Sequence[Site], met: Sequence[Crossing], switches: Switches
) -> Iterator[dict[Expr, Side]]:
    """For the kinks that the first crossing meets: all on one side of it; all on the other; half of
    each. The author's own comparisons are told otherwise only where nothing else helps.

    met: the crossing, and others near it, which say how what it does not meet is oriented.
    """
    here = list(met[0].vanished)
    kinks = [s for s in here if not isinstance(s.node, nodes.Bracket)]
    for turned in [kinks, here] if len(kinks) < len(here) else [here]:
        comparisons = len(turned) > len(kinks)
        spoken = [s for s in sites if comparisons or not isinstance(s.node, nodes.Bracket)]
        for tie in TIES:
            if turned:
                yield _Told(met, switches, tie).of(_together(turned, spoken, switches))


def _together(turned: list[Site], sites: Sequence[Site], switches: Switches) -> list[Site]:
    """These kinks, and those whose switch is a factor of one of theirs, or they have one factor."""
    found = list(turned)
    for site in found:
        own = set(switches.of(site.switch).factors)
        if len(own) > 1:
            found += [
                s
                for s in sites
                if s not in found and not own.isdisjoint(switches.of(s.switch).factors)
            ]
    return found


@dataclass
class _Told:
    """The sides of kinks, by one bracket for each factor that a switch changes its sign with."""

    met: Sequence[Crossing]
    switches: Switches
    tie: int
    sides: dict[Expr, Side] = field(default_factory=dict)

    def of(self, sites: list[Site]) -> dict[Expr, Side]:
        """The side of each kink."""
        behind = self._turn(sites[0].switch)[1] * self.tie
        split = [(site, self.switches.of(site.switch)) for site in sites]
        for site, switch in split:
            if switch.plain and switch.factors[0] not in self.sides:
                side = Side.of(site, self._tie(site.switch, behind))
                self.sides[switch.factors[0]] = side if switch.sign > 0 else side.turned
        for factor in (f for _, switch in split for f in switch.factors):
            if factor not in self.sides:
                site = Site(factor, factor, ZERO)
                self.sides[factor] = Side.of(site, self._tie(factor, behind))
        return {site.node: self._side(switch) for site, switch in split}

    def _side(self, switch: Switch) -> Side:
        side = Side.of_product([self.sides[f] for f in switch.factors])
        return side if switch.sign > 0 else side.turned

    def _tie(self, switch: Expr, behind: int) -> int:
        """The sign of a switch on the side that is taken; 0 for half of each."""
        turn = self._turn(switch)
        return turn[1] if behind > 0 else turn[0] if behind < 0 else 0

    def _turn(self, switch: Expr) -> Turn:
        found = (crossing.turn(switch) for crossing in self.met)
        return next((turn for turn in found if turn), (-1, 1))
