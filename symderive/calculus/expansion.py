"""Laurent series in a small step, with expressions for coefficients: what is left of (e^h - 1) / h
at h = 0.

Where a function is not smooth at its argument, or a coefficient has a pole, there is no series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, reduce
from typing import Any

from ..index import nodes
from ..index.domains import POSITIVE
from ..index.functions import FUNCTIONS
from ..index.memo import remembered
from ..index.nodes import ONE, ZERO, Expr, Num, Tensor, num
from ..index.walk import rebuild, transform, walk
from .linearise import linearise
from .normal import TooLarge, normal

STEP = Tensor("step'")
LENGTH = 8  # coefficients from the first on
_REAL, _POSITIVE = Tensor("at'"), Tensor("at'", (), POSITIVE)


class NoSeries(Exception):
    """An expression has no series in the step, or too many terms of it cancel."""


@dataclass(frozen=True)
class Series:
    """step^order (c_0 + c_1 step + ...): as many terms as are known; the first is not 0."""

    order: int
    terms: tuple[Expr, ...]

    def at(self, power: int) -> Expr:
        """The coefficient of a power of the step. Raises NoSeries where it is not known."""
        place = power - self.order
        if place >= len(self.terms):
            raise NoSeries
        return self.terms[place] if place >= 0 else ZERO

    @classmethod
    def of(cls, order: int, terms: list[Expr]) -> Series:
        """The series of these coefficients, without zeros before the first."""
        found = [normal(term) for term in terms]
        if any(map(divides_by_nothing, found)):
            raise NoSeries
        first = next((n for n, term in enumerate(found) if term is not ZERO), len(found))
        return cls(order + first, tuple(found[first:]))


def expansion(expr: Expr) -> Series:
    """The series of an expression in the step. Raises NoSeries."""
    try:
        return _series(expr)
    except TooLarge as large:
        raise NoSeries from large


@remembered
def _series(expr: Expr) -> Series:
    if STEP not in expr.tensors:
        return _constant(expr)
    rule = _RULES.get(type(expr))
    if rule is None:
        raise NoSeries
    return rule(expr)


def _constant(value: Expr) -> Series:
    return Series.of(0, [value, *[ZERO] * (LENGTH - 1)])


def _sum(parts: list[Series]) -> Series:
    low = min(p.order for p in parts)
    end = min(p.order + len(p.terms) for p in parts)
    return Series.of(low, [nodes.add(*(p.at(n) for p in parts)) for n in range(low, end)])


def _times(a: Series, b: Series) -> Series:
    count = min(len(a.terms), len(b.terms))
    rows = (nodes.add(*(a.terms[k] * b.terms[n - k] for k in range(n + 1))) for n in range(count))
    return Series.of(a.order + b.order, list(rows))


def _power(expr: nodes.Pow) -> Series:
    """By J. C. P. Miller's recurrence; aᵇ with a step in b is exp(b log a)."""
    base, exponent = expr.args
    if STEP in exponent.tensors:
        return _series(nodes.call("exp", exponent * nodes.call("log", base)))
    inner = _series(base)
    if not isinstance(exponent, Num):
        return _composed(lambda base: nodes.power(base, exponent), _POSITIVE, inner)
    p = exponent.value
    if not inner.terms or (inner.order and p.denominator > 1):
        raise NoSeries  # √(step²) is no power of the step: it has a kink
    lead = inner.terms[0]
    found: list[Expr] = [ONE]
    for n in range(1, len(inner.terms)):
        parts = [
            num(Fraction(p * k - n + k, n)) * inner.terms[k] * found[n - k] for k in range(1, n + 1)
        ]
        found.append(nodes.add(*parts) / lead)
    first = nodes.power(lead, exponent)
    return Series.of(int(inner.order * p), [first * normal(c) for c in found])


def _call(expr: nodes.Call) -> Series:
    function = FUNCTIONS.get(expr.function)
    if len(expr.args) > 1 or (function is not None and not function.smooth):
        raise NoSeries
    return _composed(partial(nodes.call, expr.function), _REAL, _series(expr.args[0]))


def _composed(outer: Callable[[Expr], Expr], place: Tensor, inner: Series) -> Series:
    """Taylor's series of a function about the value of its argument, in what that moves by."""
    if inner.order < 0 or not inner.terms:
        raise NoSeries
    about = inner.at(0)
    moved = Series.of(1, [inner.at(n) for n in range(1, inner.order + len(inner.terms))])

    def there(node: Expr) -> Expr | None:
        return about if node is place[()] else None

    coefficients, value, factor = list[Expr](), outer(place[()]), Fraction(1)
    for n in range(LENGTH):
        coefficients.append(num(factor) * transform(value, there))
        value = normal(nodes.add(*(part.partial for part in linearise(value, place, value))))
        factor /= n + 1
    total = _constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = _sum([_constant(coefficient), _times(total, moved)])
    return total


def divides_by_nothing(value: Expr) -> bool:
    """True for what divides by 0, or takes its logarithm."""
    for node in walk(value):
        if isinstance(node, nodes.Pow) and node.args[0] is ZERO:
            return True
        if isinstance(node, nodes.Call) and node.function == "log" and node.args[0] is ZERO:
            return True
    return False


def _comparison(expr: Expr) -> Series:
    """What a comparison says at the place itself, unless both of its sides meet there."""
    left, right = (_series(a).at(0) for a in expr.args)
    if normal(left - right) is ZERO:
        raise NoSeries
    return _constant(rebuild(expr, (left, right)))


_RULES: dict[type[Expr], Callable[[Any], Series]] = {
    nodes.Ref: lambda expr: Series(1, (ONE, *[ZERO] * (LENGTH - 1))),
    nodes.Add: lambda expr: _sum([_series(a) for a in expr.args]),
    nodes.Mul: lambda expr: reduce(_times, (_series(a) for a in expr.args)),
    nodes.Pow: _power,
    nodes.Call: _call,
    nodes.Bracket: _comparison,
}
