"""The scalar functions that an operator may use, one line each, and the signs of expressions.

Functions with a kink state their convention here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import nodes
from .memo import remembered
from .nodes import HALF, ONE, ZERO, Expr


@dataclass(frozen=True)
class Function:
    """A scalar function: its name, its definition for SymPy in u (and v), the sign of its values,
    its convention.

    sympy: the text of a SymPy expression in u and v, "" where `partial` is given by hand.
    sign: "positive", "nonnegative" or "real".  smooth: False where it has kinks.
    inverse: the text of u as a SymPy expression in y, where the derivative reads shorter in terms
    of the output.
    """

    name: str
    sympy: str
    arity: int = 1
    sign: str = "real"
    smooth: bool = True
    inverse: str = ""
    partial: tuple[Callable[..., Expr], ...] = ()
    note: str = ""


def _zero(*_: Expr) -> Expr:
    return ZERO


def _one(*_: Expr) -> Expr:
    return ONE


def _follow(wins: str) -> tuple[Callable[..., Expr], ...]:
    """Partials of maximum (wins="gt") and minimum (wins="lt"): 1 for the winner; a tie is shared
    equally, unless the other side is a constant, which takes all of it.
    """

    def part(mine: Expr, other: Expr) -> Expr:
        if all(t.domain.fixed for t in other.tensors):
            return nodes.bracket(wins, mine, other)
        return nodes.bracket(wins, mine, other) + HALF * nodes.bracket("eq", mine, other)

    return (lambda u, v, y: part(u, v), lambda u, v, y: part(v, u))


_SIGN = (lambda u, y: nodes.call("sign", u),)


def _mills(u: Expr, y: Expr) -> Expr:
    """The derivative of log Φ(u), √(2/π) / erfcx(-u/√2): as a quotient of two values that vanish
    together it would be 0 / 0."""
    return nodes.sqrt(nodes.num(2)) / (
        nodes.sqrt(nodes.const("pi")) * nodes.call("erfcx", -u / nodes.sqrt(nodes.num(2)))
    )


FUNCTIONS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("exp", "exp(u)", sign="positive", inverse="log(y)"),
        Function("log", "log(u)"),
        Function("log1p", "log(1 + u)"),
        Function("expm1", "exp(u) - 1", inverse="log(1 + y)"),
        Function("tanh", "tanh(u)", inverse="atanh(y)"),
        Function("sigmoid", "1/(1 + exp(-u))", sign="positive", inverse="log(y/(1 - y))"),
        Function("sinh", "sinh(u)"),
        Function("cosh", "cosh(u)", sign="positive"),
        Function("sin", "sin(u)"),
        Function("cos", "cos(u)"),
        Function("tan", "tan(u)", inverse="atan(y)"),
        Function("arcsin", "asin(u)"),
        Function("arccos", "acos(u)"),
        Function("arctan", "atan(u)"),
        Function("arcsinh", "asinh(u)"),
        Function("arccosh", "acosh(u)", sign="nonnegative"),
        Function("arctanh", "atanh(u)"),
        Function("erf", "erf(u)"),
        Function("erfc", "erfc(u)", sign="positive"),
        Function(
            "erfcx",
            "exp(u**2)*erfc(u)",
            sign="positive",
            partial=(lambda u, y: 2 * u * y - 2 / nodes.sqrt(nodes.const("pi")),),
        ),
        Function("log_ndtr", "log(erfc(-u/sqrt(2))/2)", partial=(_mills,)),
        Function(
            "log1mexp",
            "log(1 - exp(u))",
            partial=(lambda u, y: -nodes.power(nodes.call("expm1", -u), nodes.MINUS_ONE),),
        ),
        Function(
            "logaddexp",
            "log(exp(u) + exp(v))",
            arity=2,
            partial=(
                lambda u, v, y: nodes.call("sigmoid", u - v),
                lambda u, v, y: nodes.call("sigmoid", v - u),
            ),
        ),
        Function("arctan2", "atan2(u, v)", arity=2),
        Function(
            "hypot",
            "sqrt(u**2 + v**2)",
            arity=2,
            sign="nonnegative",
            partial=(
                lambda u, v, y: nodes.bracket("ne", y, ZERO) * u / y,
                lambda u, v, y: nodes.bracket("ne", y, ZERO) * v / y,
            ),
            note="the slopes of a length of 0 are 0",
        ),
        Function(
            "heaviside",
            "Heaviside(u, v)",
            arity=2,
            smooth=False,
            partial=(_zero, lambda u, v, y: nodes.bracket("eq", u, ZERO)),
            note="a step has derivative 0, also at its jump",
        ),
        Function(
            "floor_divide",
            "floor(u/v)",
            arity=2,
            smooth=False,
            partial=(_zero, _zero),
            note="a step has derivative 0, also at its jumps",
        ),
        Function(
            "remainder",
            "u - v*floor(u/v)",
            arity=2,
            smooth=False,
            partial=(_one, lambda u, v, y: -nodes.call("floor_divide", u, v)),
            note="slopes at the jumps are those beside them",
        ),
        Function("xlogy", "u*log(v)", arity=2, note="0 log v is 0"),
        Function("xlog1py", "u*log(1 + v)", arity=2, note="0 log(1 + v) is 0"),
        Function("entr", "-u*log(u)", note="0 at 0, -∞ below"),
        Function("rel_entr", "u*log(u/v)", arity=2, note="0 at u = 0, ∞ where u or v is below 0"),
        Function(
            "kl_div", "u*log(u/v) - u + v", arity=2, note="v at u = 0, ∞ where u or v is below 0"
        ),
        Function(
            "abs",
            "Abs(u)",
            sign="nonnegative",
            smooth=False,
            partial=_SIGN,
            note="the derivative of |u| at 0 is 0",
        ),
        Function(
            "sign",
            "sign(u)",
            smooth=False,
            partial=(_zero,),
            note="the derivative of sign is 0, also at 0",
        ),
        Function(
            "floor",
            "floor(u)",
            smooth=False,
            partial=(_zero,),
            note="a step has derivative 0, also at its jumps",
        ),
        Function(
            "ceil",
            "ceiling(u)",
            smooth=False,
            partial=(_zero,),
            note="a step has derivative 0, also at its jumps",
        ),
        Function(
            "round",
            "floor(u + 1/2)",
            smooth=False,
            partial=(_zero,),
            note="a step has derivative 0, also at its jumps",
        ),
        Function(
            "maximum",
            "Max(u, v)",
            arity=2,
            smooth=False,
            partial=_follow("gt"),
            note="equal arguments share the gradient equally; a constant argument takes all of it",
        ),
        Function(
            "minimum",
            "Min(u, v)",
            arity=2,
            smooth=False,
            partial=_follow("lt"),
            note="equal arguments share the gradient equally; a constant argument takes all of it",
        ),
    )
}


SIDED = "sided"  # sided(u, v) is u, differentiated as v: the same, but for its slope at a kink
FUNCTIONS[SIDED] = Function(
    SIDED, "", arity=2, smooth=False, partial=(_zero, lambda u, v, y: nodes.ONE)
)


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
        return expr.tensor.domain.kind if not expr.tensor.domain.is_positive else "positive"
    if isinstance(expr, nodes.Call):
        return FUNCTIONS[expr.function].sign if expr.function in FUNCTIONS else "real"
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
