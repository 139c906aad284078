"""Functions written out in exponentials and logarithms, so that identities between them show."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from ..index.functions import FUNCTIONS
from ..index.nodes import Call, Expr, Num, Pow, num, power
from ..index.walk import transform

MOST_DENOMINATOR = 10**15
LARGEST_ROOT = 10**6


def elementary(expr: Expr) -> Expr:
    """The expression with tanh, sigmoid, expm1, ... in terms of exp, log and powers."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Call):
            return None
        function = FUNCTIONS[node.function]
        formula = function.exponentials or function.definition
        return formula and elementary(formula(*node.args))

    return transform(expr, leaf)


def exact_numbers(expr: Expr) -> Expr:
    """√8 is 2 √2; a number with more digits than a float keeps is rounded to 15 of them."""

    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, Num) and node.value.denominator > MOST_DENOMINATOR:
            return num(Fraction(f"{float(node.value):.15g}"))
        if isinstance(node, Pow) and all(isinstance(a, Num) for a in node.args):
            return _root(*(a.value for a in node.args if isinstance(a, Num)))
        return None

    return transform(expr, leaf)


def _root(base: Fraction, exponent: Fraction) -> Expr | None:
    """The square root of a whole number, its squares outside."""
    if exponent.denominator != 2 or base.denominator != 1 or not 0 < base <= LARGEST_ROOT:
        return None
    whole = int(base)
    outside = max(k for k in range(1, isqrt(whole) + 1) if whole % (k * k) == 0)
    if outside == 1:
        return None
    inside = num(whole // outside**2)
    return num(Fraction(outside) ** exponent.numerator) * power(inside, num(exponent))
