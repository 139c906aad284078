"""Brackets that exclude each other: [a > b] and [b ≥ a] are never both 1, and one of them is."""

from __future__ import annotations

from collections.abc import Iterable

from ..index import nodes
from ..index.nodes import Add, Bracket, Expr, Mul

_OPPOSITE = {"gt": "ge", "ge": "gt"}


def opposite(bracket: Bracket) -> Expr | None:
    """[b ≥ a] for [a > b]; None where that takes more than one bracket."""
    if bracket.relation not in _OPPOSITE:
        return None
    return nodes.bracket(_OPPOSITE[bracket.relation], bracket.args[1], bracket.args[0])


def excluded(factors: Iterable[Expr]) -> bool:
    """True for a product with a bracket and its opposite: it is 0."""
    brackets = {f for f in factors if isinstance(f, Bracket)}
    return len(brackets) > 1 and any(opposite(b) in brackets for b in brackets)


def joined(expr: Expr) -> Expr:
    """[a > b] c + [b ≥ a] c as c, for the sum c of all that either of the two chooses."""
    while isinstance(expr, Add):
        found = next(filter(None, (_without(expr, b) for b in _brackets(expr))), None)
        if found is None:
            return expr
        expr = found
    return expr


def _brackets(expr: Add) -> list[Bracket]:
    found = {f for t in expr.args for f in _factors(t) if isinstance(f, Bracket)}
    return sorted(b for b in found if b.relation == "gt" and opposite(b) in found)


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
