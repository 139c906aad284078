"""Functions written out in exponentials and logarithms, so that identities between them show."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt

from ..index import nodes
from ..index.nodes import HALF, MINUS_ONE, ONE, Call, Expr, Num, Pow, call, num, power
from ..index.walk import transform

MOST_DENOMINATOR = 10**15
LARGEST_ROOT = 10**6


def elementary(expr: Expr) -> Expr:
    """The expression with tanh, sigmoid, expm1, ... in terms of exp, log and powers."""

    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in _WRITTEN:
            return _WRITTEN[node.function](*(elementary(a) for a in node.args))
        return None

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


def _exp(u: Expr) -> Expr:
    return call("exp", u)


def _tanh(u: Expr) -> Expr:
    return 2 * power(ONE + _exp(-2 * u), MINUS_ONE) - 1


_WRITTEN: dict[str, Callable[..., Expr]] = {
    "expm1": lambda u: _exp(u) - 1,
    "log1p": lambda u: call("log", 1 + u),
    "sigmoid": lambda u: power(ONE + _exp(-u), MINUS_ONE),
    "tanh": _tanh,
    "sinh": lambda u: nodes.mul(HALF, _exp(u) - _exp(-u)),
    "cosh": lambda u: nodes.mul(HALF, _exp(u) + _exp(-u)),
    "tan": lambda u: call("sin", u) / call("cos", u),
    "erfc": lambda u: 1 - call("erf", u),
    "hypot": lambda u, v: nodes.sqrt(u**2 + v**2),
    "heaviside": lambda u, v: nodes.bracket("gt", u, 0) + v * nodes.bracket("eq", u, 0),
    "floor_divide": lambda u, v: call("floor", u / v),
    "remainder": lambda u, v: u - v * call("floor", u / v),
    "xlogy": lambda u, v: u * call("log", v),
    "xlog1py": lambda u, v: u * call("log", 1 + v),
    "entr": lambda u: -u * call("log", u),
    "rel_entr": lambda u, v: u * call("log", u / v),
    "kl_div": lambda u, v: u * call("log", u / v) - u + v,
    "erfcx": lambda u: _exp(u**2) * (1 - call("erf", u)),
    "log_ndtr": lambda u: call("log", HALF * (1 + call("erf", u / nodes.sqrt(nodes.num(2))))),
    "log1mexp": lambda u: call("log", 1 - _exp(u)),
    "logaddexp": lambda u, v: call("log", _exp(u) + _exp(v)),
}
