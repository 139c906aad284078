"""The derivative of each scalar function and of a power, with what it is at a pole."""

from __future__ import annotations

from functools import cache

from ..errors import NoDerivativeError
from . import nodes
from .functions import FUNCTIONS, Function, is_positive, unless_nothing
from .nodes import MINUS_ONE, ONE, ZERO, Expr, Tensor
from .walk import transform

Y = Tensor("y")[()]


def partial(name: str, position: int, args: tuple[Expr, ...], output: Expr) -> Expr:
    """∂f/∂args[position] at these arguments, where `output` stands for the value f(*args)."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise NoDerivativeError(
            f"no derivative is known for the function '{name}'; "
            "it would be one entry in index/functions/"
        )
    if function.slopes:
        return function.slopes[position](*args, output)
    values: dict[Expr, Expr] = dict(zip((*function.arguments, Y), (*args, output), strict=True))
    return transform(_template(function, position), values.get)


@cache
def _template(function: Function, position: int) -> Expr:
    """The derivative of the definition, in its arguments and the output."""
    definition = function.definition
    assert definition is not None  # or there would be slopes
    by = function.arguments[position]
    return _slope(definition(*function.arguments), by, Y)


def _slope(expr: Expr, by: Expr, output: Expr) -> Expr:
    """The derivative of a formula by one of its arguments; a bracket has none but at its jump."""
    if expr is by:
        return ONE
    if not by.tensors & expr.tensors or isinstance(expr, nodes.Bracket):
        return ZERO
    inner = (_slope(arg, by, arg) for arg in expr.args)
    return nodes.add(*map(nodes.mul, _outer(expr, output), inner))


def _outer(expr: Expr, output: Expr) -> tuple[Expr, ...]:
    """The derivatives of a node by its arguments."""
    places = range(len(expr.args))
    if isinstance(expr, nodes.Mul):
        return tuple(nodes.mul(*expr.args[:n], *expr.args[n + 1 :]) for n in places)
    if isinstance(expr, nodes.Pow):
        base, exponent = expr.args
        return power_partials(base, exponent, output)
    if isinstance(expr, nodes.Call):
        return tuple(partial(expr.function, n, expr.args, output) for n in places)
    return (ONE,) * len(places)


def power_partials(base: Expr, exp: Expr, output: Expr) -> tuple[Expr, Expr]:
    """∂(b^p)/∂b = p b^(p-1) and ∂(b^p)/∂p = y log b, each 0 where its first factor is 0 at b = 0.

    ∂(b^p)/∂b is stated in the output where 1/p is whole: for a root 1/(2y), for a reciprocal -y².
    """
    by_base = exp * nodes.power(base, exp + MINUS_ONE)
    if isinstance(exp, nodes.Num) and exp.value not in (0, 1) and (1 / exp.value).denominator == 1:
        by_base = exp * nodes.power(output, nodes.num((exp.value - 1) / exp.value))
    by_exp = output * nodes.call("log", base)
    if is_positive(base):
        return by_base, by_exp
    return unless_nothing(exp, base) * by_base, nodes.bracket("ne", output, ZERO) * by_exp
