"""Both sides of every comparison: a clip, |u| and a choice by u > 1 are the same in each stretch
between the numbers that u is compared with, or they are not.

What is compared is a number times some value, plus a number: 1 - 2u compares u with 1/2. A region
says for each such value between which numbers it lies; a comparison that this does not decide
splits the region in two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ..calculus.normal import normal
from ..errors import NotSupportedError
from ..index import nodes
from ..index.functions import FUNCTIONS, is_nonnegative
from ..index.nodes import ZERO, Bracket, Call, Expr, Num, num
from ..index.terms import terms
from ..index.walk import rebuild
from .ties import compares_values, is_meant

MOST_REGIONS = 64

Stretch = tuple[Fraction | None, Fraction | None]
Region = Mapping[Expr, Stretch]


class _Undecided(Exception):
    """A value may lie on either side of a number."""

    def __init__(self, value: Expr, number: Fraction) -> None:
        super().__init__(f"{value} and {number}")
        self.value, self.number = value, number


def vanishes_in_each(difference: Expr, vanishes: Callable[[Expr], bool]) -> bool:
    """True where an expression is zero in every region, but perhaps on the edges between them."""
    regions: list[Region] = [{}]
    for _ in range(MOST_REGIONS):
        if not regions:
            return True
        region = regions.pop()
        try:
            settled = _settled(difference, region, {})
        except _Undecided as split:
            low, high = _stretch(split.value, region)
            regions.append({**region, split.value: (low, split.number)})
            regions.append({**region, split.value: (split.number, high)})
            continue
        if not vanishes(settled):
            return False
    return not regions


def _settled(expr: Expr, region: Region, memo: dict[Expr, Expr]) -> Expr:
    """The expression with its comparisons decided; what is inside of a sum stays as it is."""
    if isinstance(expr, nodes.Reduce) or not expr.args:
        return expr
    if expr not in memo:
        node = rebuild(expr, tuple(_settled(a, region, memo) for a in expr.args))
        kink = FUNCTIONS[node.function].kink if isinstance(node, Call) else None
        if kink is not None:
            left, right = kink.between(*node.args)
            node = kink.at(_sign(left - right, region), node.args)
        elif (root := _root_of_square(node)) is not None:
            node = nodes.power(num(_sign(root, region)) * root, num(2) * node.args[1])
        elif isinstance(node, Bracket) and compares_values(node):
            left, right = node.args
            node = num(int(_HOLDS[node.relation](_sign(left - right, region))))
        memo[expr] = node
    return memo[expr]


_HOLDS: dict[str, Callable[[int], bool]] = {
    "gt": lambda sign: sign > 0,
    "ge": lambda sign: sign >= 0,
    "eq": lambda sign: sign == 0,
    "ne": lambda sign: sign != 0,
}


def _root_of_square(node: Expr) -> Expr | None:
    """u where the node is a power of √(u²), which is |u|."""
    if not isinstance(node, nodes.Pow) or not isinstance(node.args[1], Num):
        return None
    base, exponent = nodes.base_exp(node.args[0])
    halves = node.args[1].value.denominator == 2
    return base if halves and exponent is num(2) else None


def _sign(difference: Expr, region: Region) -> int:
    """1, 0 or -1; raises _Undecided where the region has both."""
    form = normal(difference)
    number = sum((t.value for t in terms(form) if isinstance(t, Num)), Fraction(0))
    rest = nodes.add(form, num(-number))
    if rest is ZERO:
        return (number > 0) - (number < 0)
    slope = nodes.coefficient(terms(rest)[0])[0]
    value, edge = normal(nodes.mul(num(1 / slope), rest)), -number / slope
    if is_meant(value):
        raise NotSupportedError(f"{value} may be equal to a number on purpose")
    known = FUNCTIONS[value.function] if isinstance(value, Call) else None
    if known is not None and known.rising and known.stated is not None:
        place, there = known.stated
        if num(edge) is there:
            rises = _sign(value.args[0] - num(place), region)
            return rises if slope > 0 else -rises
    low, high = _stretch(value, region)
    if low is not None and edge <= low:
        return 1 if slope > 0 else -1
    if high is not None and edge >= high:
        return -1 if slope > 0 else 1
    raise _Undecided(value, edge)


def _stretch(value: Expr, region: Region) -> Stretch:
    return region.get(value, (Fraction(0) if is_nonnegative(value) else None, None))
