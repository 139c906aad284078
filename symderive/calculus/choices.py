"""What excludes each other: of [a > b] and [b ≥ a] one is 1, of δ(0, k) and δ(1, k) at most one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from ..index import nodes
from ..index.nodes import Add, Bracket, Delta, Expr, Mul, Num

_OPPOSITE = {"gt": "ge", "ge": "gt", "eq": "ne", "ne": "eq"}


def opposite(bracket: Bracket) -> Expr:
    """[b ≥ a] for [a > b], [a ≠ b] for [a = b]."""
    return nodes.bracket(_OPPOSITE[bracket.relation], bracket.args[1], bracket.args[0])


def excluded(factors: Iterable[Expr]) -> bool:
    """True for a product that is 0: with two brackets, or two δ, at most one of which is 1."""
    held = list(factors)
    brackets = [f for f in held if isinstance(f, Bracket)]
    places = [frozenset(f.args) for f in held if isinstance(f, Delta)]
    return any(_opposed(a, b) for a, b in combinations(brackets, 2)) or any(
        _apart(a ^ b) for a, b in combinations(places, 2) if len(a & b) == 1
    )


def _opposed(first: Bracket, second: Bracket) -> bool:
    """True for [a > b] and [b > a], [b ≥ a] or [a = b], and for [a = b] and [a ≠ b]."""
    if set(first.args) != set(second.args):
        return False
    relations = {first.relation, second.relation}
    turned = first.args != second.args
    return relations in ({"eq", "ne"}, {"eq", "gt"}) or (
        turned and "gt" in relations and relations <= {"gt", "ge"}
    )


def _apart(ends: frozenset[Expr]) -> bool:
    """True for two places that are never the same: 0 and 1, i and i + 1."""
    first, second = ends
    difference = first - second
    return isinstance(difference, Num) and difference is not nodes.ZERO


def joined(expr: Expr) -> Expr:
    """[a > b] c + [b ≥ a] c, or [a = b] c + [a ≠ b] c, as c: the sum of all that either of the two
    chooses.
    """
    while isinstance(expr, Add):
        found = next(filter(None, (_without(expr, b) for b in _brackets(expr))), None)
        if found is None:
            return expr
        expr = found
    return expr


def _brackets(expr: Add) -> list[Bracket]:
    found = {f for t in expr.args for f in _factors(t) if isinstance(f, Bracket)}
    return sorted(b for b in found if b.relation in ("gt", "eq") and opposite(b) in found)


def _without(expr: Add, bracket: Bracket) -> Expr | None:
    other = opposite(bracket)
    chosen, left = _chosen(expr, bracket), _chosen(expr, other)
    if chosen is not left:
        return None
    rest = (t for t in expr.args if bracket not in _factors(t) and other not in _factors(t))
    return nodes.add(chosen, *rest)


def _chosen(expr: Add, bracket: Expr | None) -> Expr:
    held = (_factors(t) for t in expr.args)
    return nodes.add(
        *(nodes.mul(*(f for f in h if f is not bracket)) for h in held if bracket in h)
    )


def _factors(term: Expr) -> tuple[Expr, ...]:
    return term.args if isinstance(term, Mul) else (term,)
