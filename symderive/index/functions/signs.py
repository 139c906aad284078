"""The signs of expressions, whatever their tensors hold, and what is left at a pole."""

from __future__ import annotations

from .. import nodes
from ..memo import remembered
from ..nodes import ONE, ZERO, Expr
from .record import FUNCTIONS, opened


def is_positive(expr: Expr) -> bool:
    """True where the expression is certainly above zero, whatever its tensors hold within their
    domains.
    """
    return _sign(expr) == "positive"


def is_nonnegative(expr: Expr) -> bool:
    """True where the expression is certainly not below zero."""
    return _sign(expr) in ("positive", "nonnegative")


@remembered
def _sign(expr: Expr) -> str:
    if isinstance(expr, nodes.Num):
        return "positive" if expr.value > 0 else "nonnegative" if expr.value == 0 else "real"
    if isinstance(expr, (nodes.Size, nodes.Const)):
        return "positive"
    if isinstance(expr, nodes.Ref):
        return expr.tensor.domain.sign
    if isinstance(expr, nodes.Call):
        return _sign_of_call(expr)
    if isinstance(expr, (nodes.Delta, nodes.Bracket)):
        return "nonnegative"
    if isinstance(expr, nodes.Pow):
        return _power_sign(*expr.args)
    if isinstance(expr, nodes.Reduce):
        return _sign(expr.args[0])
    signs = [_sign(a) for a in expr.args]
    if isinstance(expr, nodes.Mul):
        return _weakest(signs)
    if isinstance(expr, nodes.Add):
        weakest = _weakest(signs)
        return "positive" if weakest == "nonnegative" and "positive" in signs else weakest
    return "real"


def _sign_of_call(expr: nodes.Call) -> str:
    """What is said of the function, or else the sign of its definition."""
    function = FUNCTIONS.get(expr.function)
    if function is None or function.sign:
        return function.sign if function else "real"
    definition = opened(expr)
    return "real" if definition is None else _sign(definition)


def _power_sign(base: Expr, exp: Expr) -> str:
    sign = _sign(base)
    if sign == "positive":
        return "positive"
    if isinstance(exp, nodes.Num) and exp.value > 0:
        even = exp.value.denominator == 1 and exp.value.numerator % 2 == 0
        return (
            "nonnegative"
            if even or sign == "nonnegative" or exp.value.denominator % 2 == 0
            else "real"
        )
    return "real"


def _weakest(signs: list[str]) -> str:
    if all(s == "positive" for s in signs):
        return "positive"
    return "nonnegative" if all(s in ("positive", "nonnegative") for s in signs) else "real"


def unless_nothing(factor: Expr, pole: Expr) -> Expr:
    """A bracket that is 0 where both are: at a zero of `factor` that meets a pole of what it
    multiplies, such as 1 / pole, nothing is left of the product.

    It holds everywhere else, so that it is right to differentiate beside it. Where the factor is
    not differentiated by, its own zeros are enough: its product is 0 there in any case.
    """
    if is_positive(factor) or is_positive(pole):
        return ONE
    if all(t.domain.is_label or t.domain.fixed for t in factor.tensors):
        return nodes.bracket("ne", factor, ZERO)
    return nodes.bracket("ne", _size(factor) + _size(pole), ZERO)


def _size(expr: Expr) -> Expr:
    return expr if is_nonnegative(expr) else nodes.call("abs", expr)
