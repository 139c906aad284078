"""The circular functions, their inverses and those of the hyperbolic ones, and lengths."""

from __future__ import annotations

from .. import nodes
from ..nodes import HALF, MINUS_ONE, ONE, ZERO, Expr, call, power
from .record import Function, common


def _share(u: Expr, y: Expr) -> Expr:
    """u / y, and 0 where the length y is 0."""
    return nodes.bracket("ne", y, ZERO) * u / y


CIRCULAR = (
    common("sin", lambda u, y: call("cos", u), parity="odd", bounded=True),
    common("cos", lambda u, y: -call("sin", u), parity="even", known=(0, ONE), bounded=True),
    common(
        "tan",
        lambda u, y: 1 + y**2,
        parity="odd",
        exponentials=lambda u: call("sin", u) / call("cos", u),
    ),
    common("arcsin", lambda u, y: power(1 - u**2, -HALF), "asin", parity="odd"),
    common("arccos", lambda u, y: -power(1 - u**2, -HALF), "acos"),
    common(
        "arctan",
        lambda u, y: power(1 + u**2, MINUS_ONE),
        "atan",
        parity="odd",
        rising=True,
        bounded=True,
    ),
    common("arcsinh", lambda u, y: power(1 + u**2, -HALF), "asinh", parity="odd", rising=True),
    common(
        "arccosh",
        lambda u, y: power(1 + u, -HALF) * power(u - 1, -HALF),
        "acosh",
        sign="nonnegative",
        known=(1, ZERO),
    ),
    common("arctanh", lambda u, y: power(1 - u**2, MINUS_ONE), "atanh", parity="odd"),
    Function(
        "arctan2",
        arity=2,
        slopes=(lambda u, v, y: v / (u**2 + v**2), lambda u, v, y: -u / (u**2 + v**2)),
        numpy="arctan2",
        library="atan2",
    ),
    Function(
        "hypot",
        lambda u, v: nodes.sqrt(u**2 + v**2),
        arity=2,
        slopes=(lambda u, v, y: _share(u, y), lambda u, v, y: _share(v, y)),
        numpy="hypot",
        mpmath="hypot",
        c="hypot",
        note="the slopes of a length of 0 are 0",
    ),
)
