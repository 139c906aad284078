"""The derivatives of smooth functions as SymPy finds them, so that it need not be loaded.

Stated in the output y where that is shorter (tanh: 1 - y²). A test finds each of them again with
SymPy; a function that is not here is differentiated by SymPy when it is first met.
"""

from __future__ import annotations

from collections.abc import Callable

from .nodes import HALF, MINUS_ONE, Expr, call, const, power, sqrt

PARTIALS: dict[str, tuple[Callable[..., Expr], ...]] = {
    "exp": (lambda u, y: y,),
    "log": (lambda u, y: power(u, MINUS_ONE),),
    "log1p": (lambda u, y: power(1 + u, MINUS_ONE),),
    "expm1": (lambda u, y: 1 + y,),
    "sigmoid": (lambda u, y: y * (1 - y),),
    "tanh": (lambda u, y: 1 - y**2,),
    "sinh": (lambda u, y: call("cosh", u),),
    "cosh": (lambda u, y: call("sinh", u),),
    "sin": (lambda u, y: call("cos", u),),
    "cos": (lambda u, y: -call("sin", u),),
    "tan": (lambda u, y: 1 + y**2,),
    "arcsin": (lambda u, y: power(1 - u**2, -HALF),),
    "arccos": (lambda u, y: -power(1 - u**2, -HALF),),
    "arctan": (lambda u, y: power(1 + u**2, MINUS_ONE),),
    "arcsinh": (lambda u, y: power(1 + u**2, -HALF),),
    "arccosh": (lambda u, y: power(1 + u, -HALF) * power(u - 1, -HALF),),
    "arctanh": (lambda u, y: power(1 - u**2, MINUS_ONE),),
    "erf": (lambda u, y: 2 * call("exp", -(u**2)) / sqrt(const("pi")),),
    "erfc": (lambda u, y: -2 * call("exp", -(u**2)) / sqrt(const("pi")),),
    "arctan2": (
        lambda u, v, y: v / (u**2 + v**2),
        lambda u, v, y: -u / (u**2 + v**2),
    ),
}
