"""Truth values as 0/1 expressions: comparisons, `&`, `|`, `~`, and the choice between two values.

A condition is a sum of products of brackets of which at most one is 1, so a choice selects, and
never multiplies an infinity by 0.
"""

from __future__ import annotations

from ..index import nodes
from ..index.nodes import (
    MINUS_ONE,
    ONE,
    ZERO,
    Bracket,
    Delta,
    Expr,
    Idx,
    Mul,
    Num,
    add,
    bracket,
    delta,
    mul,
    size,
)


def is_truth(expr: Expr) -> bool:
    """True for a 0/1 expression built from brackets and deltas."""
    if isinstance(expr, (Bracket, Delta)):
        return True
    if isinstance(expr, Num):
        return expr.value in (0, 1)
    return isinstance(expr, (Mul, nodes.Add)) and all(is_truth(a) for a in expr.args)


def cases(condition: Expr) -> tuple[list[Expr], list[Expr]]:
    """Products of brackets that cover the condition, and those that cover its opposite; all
    exclude one another."""
    if condition is ONE:
        return [ONE], []
    if condition is ZERO:
        return [], [ONE]
    if isinstance(condition, Bracket):
        a, b = condition.args
        if condition.relation == "ne":
            return [condition], [delta(a, b)]
        if condition.relation == "eq":
            return [condition], [bracket("ne", a, b)]
        return [condition], [bracket("ge" if condition.relation == "gt" else "gt", b, a)]
    if isinstance(condition, Delta):
        a, b = condition.args
        apart = [bracket("gt", x, y) for x, y in ((a, b), (b, a)) if not _never_above(x, y)]
        return [condition], apart if len(apart) == 1 else [bracket("ne", a, b)]
    if isinstance(condition, Mul):
        return _all_of([cases(a) for a in condition.args])
    opposites = [cases(a) for a in condition.args]
    holds = [p for yes, _ in opposites for p in yes]
    return holds, _all_of([(no, yes) for yes, no in opposites])[0]


def _never_above(small: Expr, large: Expr) -> bool:
    """True where small > large cannot be: an index is not below 0, and not above the last place."""
    if isinstance(large, Idx):
        return small is ZERO
    return isinstance(small, Idx) and large is add(size(small.index.dim), MINUS_ONE)


def _all_of(parts: list[tuple[list[Expr], list[Expr]]]) -> tuple[list[Expr], list[Expr]]:
    """The conjunction: all hold; or the first k hold and the next does not."""
    holds: list[Expr] = [ONE]
    fails: list[Expr] = []
    for yes, no in parts:
        fails += [product for h in holds for n in no if (product := mul(h, n)) is not ZERO]
        holds = [product for h in holds for y in yes if (product := mul(h, y)) is not ZERO]
    return holds, fails


def both(a: Expr, b: Expr) -> Expr:
    """a and b."""
    return add(*_all_of([cases(a), cases(b)])[0])


def opposite(a: Expr) -> Expr:
    """not a."""
    return add(*cases(a)[1])


def either(a: Expr, b: Expr) -> Expr:
    """a or b, as: a, or else b."""
    return add(a, both(opposite(a), b))


def choose(condition: Expr, a: Expr, b: Expr) -> Expr:
    """a where the condition holds, else b: each case selects its own value."""
    yes, no = cases(condition)
    return add(*(mul(c, a) for c in yes), *(mul(c, b) for c in no))
