"""The derivative of each scalar function and of a power, with what it is at a pole.

A derivative is stated in terms of the output y where that is shorter (tanh: 1 - y²): SymPy inverts
the function, puts the inverse into the derivative and simplifies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from ..errors import NoDerivativeError
from . import nodes
from .derivatives import PARTIALS
from .functions import FUNCTIONS, is_nonnegative, is_positive
from .nodes import MINUS_ONE, ONE, ZERO, Expr


def _ratio(u: Expr, v: Expr) -> Expr:
    """u / v, and 0 where both are 0; 1 where they are the same."""
    return ONE if u is v else unless_nothing(u, v) * u / v


GUARDED: dict[str, tuple[Callable[..., Expr], ...]] = {  # what is 0 times a logarithm or a pole
    "xlogy": (lambda u, v, y: nodes.call("log", v), lambda u, v, y: _ratio(u, v)),
    "xlog1py": (lambda u, v, y: nodes.call("log1p", v), lambda u, v, y: _ratio(u, 1 + v)),
    "entr": (lambda u, y: -1 - nodes.call("log", u),),
    "rel_entr": (
        lambda u, v, y: 1 + nodes.call("log", u / v),
        lambda u, v, y: -_ratio(u, v),
    ),
    "kl_div": (
        lambda u, v, y: nodes.call("log", u / v),
        lambda u, v, y: 1 - _ratio(u, v),
    ),
}


def partial(name: str, position: int, args: tuple[Expr, ...], output: Expr) -> Expr:
    """∂f/∂args[position] at these arguments, where `output` stands for the value f(*args)."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise NoDerivativeError(
            f"no derivative is known for the function '{name}'; "
            "it would be one line in index/functions.py"
        )
    stated = function.partial or PARTIALS.get(name) or GUARDED.get(name)
    if stated:
        return stated[position](*args, output)
    return smooth_partial(name, position)(args, output)


@cache
def smooth_partial(name: str, position: int) -> Callable[[tuple[Expr, ...], Expr], Expr]:
    """SymPy differentiates, and restates the result in the output where that is shorter."""
    import sympy

    from .bridge import from_sympy  # the bridge reads this table's names

    function = FUNCTIONS[name]
    u, v, y = sympy.symbols("u v y", real=True)
    definition = sympy.sympify(function.sympy, locals={"u": u, "v": v})
    derivative = sympy.diff(definition, (u, v)[position])
    if function.inverse:
        back = sympy.sympify(function.inverse, locals={"y": y})
        derivative = sympy.simplify(derivative.subs(u, back))
    slots = {s: nodes.Tensor(str(s)) for s in (u, v, y)}
    template = from_sympy(derivative, slots)

    def apply(args: tuple[Expr, ...], output: Expr) -> Expr:
        from .walk import transform

        values: dict[Expr, Expr] = {
            slots[u][()]: args[0],
            slots[v][()]: args[-1],
            slots[y][()]: output,
        }
        return transform(template, lambda node: values.get(node))

    return apply


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
