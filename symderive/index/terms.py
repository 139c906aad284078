"""A sum as its terms, a term as its factors."""

from __future__ import annotations

from . import nodes
from .nodes import ONE, ZERO, Add, Expr, Mul, num


def terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; none for zero."""
    if expr is ZERO:
        return ()
    return expr.args if isinstance(expr, Add) else (expr,)


def factors(term: Expr) -> tuple[Expr, ...]:
    """The factors of a term without its coefficient; none for a number."""
    _, rest = nodes.coefficient(term)
    if rest is ONE:
        return ()
    return rest.args if isinstance(rest, Mul) else (rest,)


def negative(expr: Expr) -> Expr:
    """-(a + b) = -a - b."""
    return nodes.add(*(nodes.mul(num(-1), t) for t in terms(expr)))
