"""Sums, products and quotients of elements, where NumPy's own is a number: 0·∞, ∞ - ∞ and 0/0 of
constants are NaN in every element, and are refused where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..index import nodes
from ..index.nodes import ZERO, Expr, const, power
from ..index.terms import factors, terms
from .context import current

INFINITY = const("inf")
_LARGEST_POWER = 1024


def plus(a: Expr, b: Expr) -> Expr:
    """a + b."""
    if any(map(_is_infinite, (*terms(a), *terms(b)))):
        counts = {rest: count for count, rest in _opened(a)}
        if any(counts.get(rest, 0) * count < 0 for count, rest in _opened(b)):
            raise current().wrong("∞ - ∞ is NaN in every element")
    return nodes.add(a, b)


def minus(a: Expr, b: Expr) -> Expr:
    """a - b."""
    return plus(a, -b)


def times(a: Expr, b: Expr) -> Expr:
    """a b."""
    for one, other in ((a, b), (b, a)):
        if one is ZERO and list(_opened(other)):
            raise current().wrong("0 · ∞ is NaN in every element")
    return nodes.mul(a, b)


def over(a: Expr, b: Expr) -> Expr:
    """a / b."""
    if b is ZERO:
        raise current().wrong("this divides by 0 in every element")
    if any(map(_is_infinite, terms(a))) and any(map(_is_infinite, terms(b))):
        raise current().wrong("∞ / ∞ is NaN in every element")
    return a / b


def reciprocal(a: Expr) -> Expr:
    """1 / a."""
    return over(nodes.ONE, a)


def raised(a: Expr, b: Expr) -> Expr:
    """a ** b."""
    if isinstance(a, nodes.Num) and isinstance(b, nodes.Num) and abs(b.value) > _LARGEST_POWER:
        raise current().wrong(f"the power {b!r} of a plain number is too large")
    if a is ZERO and isinstance(b, nodes.Num) and b.value < 0:
        return over(nodes.ONE, a)
    return power(a, b)


def _opened(expr: Expr) -> Iterator[tuple[Fraction, Expr]]:
    """The infinite terms, as number times rest, of what the values at hand stand for."""
    for term in terms(expr):
        count, rest = nodes.coefficient(term)
        cell = current().cells.get(rest.tensor) if isinstance(rest, nodes.Ref) else None
        if cell is not None:
            yield from ((count * inner, found) for inner, found in _opened(cell.value))
        elif _is_infinite(term):
            yield count, rest


def _is_infinite(term: Expr) -> bool:
    """A multiple of ∞."""
    return INFINITY in factors(term)
