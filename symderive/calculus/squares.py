"""a² - 2 a b + b² as (a - b)²: shorter, and it keeps the digits that the three terms lose where a
and b are close.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ..index import nodes
from ..index.nodes import ONE, Expr, Num, base_exp, num
from ..index.terms import factors

MOST = 24  # terms: past this they are left as they are


def with_squares(members: Sequence[Expr]) -> list[Expr]:
    """Terms of a sum, three of them as one c (a ± b)² wherever they are that, expanded.

    Not beside a number: u² - 2 u + 1 is where 1 - u is on its way to a factor of all terms.
    """
    found = list(members)
    while 3 <= len(found) <= MOST:
        square = _square(found)
        if square is None:
            return found
        whole, parts = square
        found = [*(m for m in found if m not in parts), whole]
    return found


def _square(members: list[Expr]) -> tuple[Expr, tuple[Expr, Expr, Expr]] | None:
    crossed = {nodes.mul(m, m): m for m in members}
    for first, second in combinations(members, 2):
        cross = crossed.get(nodes.mul(num(4), first, second))
        if cross not in (None, first, second) and _chosen_alike(first, second, cross):
            ratio = nodes.mul(num(2), first, nodes.power(cross, num(-1)))  # ±a / b
            above, below = _halves(ratio)
            if not (above.tensors and below.tensors):
                continue
            sign, _ = nodes.coefficient(ratio)
            scale = nodes.mul(first, nodes.power(above, num(-2)))
            inside = above + below if sign > 0 else above - below
            return nodes.mul(scale, nodes.power(inside, num(2))), (first, second, cross)
    return None


def _chosen_alike(*members: Expr) -> bool:
    """True where the same δ and brackets choose all members. Each is its own square, so that what
    chooses the cross term alone would be divided out of a member that it does not choose.
    """
    chosen = (
        frozenset(f for f in factors(m) if isinstance(f, (nodes.Delta, nodes.Bracket)))
        for m in members
    )
    return len(set(chosen)) == 1


def _halves(ratio: Expr) -> tuple[Expr, Expr]:
    """|a| and |b| of a/b, without fractions in either."""
    count, _ = nodes.coefficient(ratio)
    above: list[Expr] = [num(abs(count.numerator))]
    below: list[Expr] = [num(count.denominator)]
    for factor in factors(ratio):
        _, exp = base_exp(factor)
        negative = isinstance(exp, Num) and exp.value < 0
        (below if negative else above).append(nodes.power(factor, num(-1)) if negative else factor)
    return nodes.mul(ONE, *above), nodes.mul(ONE, *below)
