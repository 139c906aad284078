"""Functions written out in exponentials and logarithms, so that identities between them show."""

from __future__ import annotations

from collections.abc import Callable

from ...index import nodes
from ...index.nodes import HALF, MINUS_ONE, ONE, Call, Expr, call, power
from ...index.walk import transform


def elementary(expr: Expr) -> Expr:
    """The expression with tanh, sigmoid, expm1, ... in terms of exp, log and powers."""

    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function in _WRITTEN:
            return _WRITTEN[node.function](*(elementary(a) for a in node.args))
        return None

    return transform(expr, leaf)


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
    "logaddexp": lambda u, v: call("log", _exp(u) + _exp(v)),
}
