"""log of a product with exponentials in it: log(e^u / s) = u - log s, found through the program's names."""

from __future__ import annotations

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import Call, Expr, Mul, Num, Pow, Reduce
from .chain import Definitions, opened, unfolded


def log_of(expr: Expr, known: Definitions) -> Expr | None:
    """log(expr) without the exponentials that it would undo; None where there are none, or a factor may not be positive."""
    if isinstance(expr, Call) and expr.function == "exp":
        return expr.args[0]
    if isinstance(expr, Mul):
        return _of_product(expr, known)
    if isinstance(expr, Pow):
        inner = log_of(expr.args[0], known)
        return None if inner is None else expr.args[1] * inner
    if (
        isinstance(expr, Reduce)
        and expr.op == "prod"
        and is_positive(unfolded(expr.args[0], known))
    ):
        return nodes.sum_(
            expr.bound, log_of(expr.args[0], known) or nodes.call("log", expr.args[0])
        )
    value = opened(expr, known)
    return None if value is None else log_of(value, known)


def _of_product(expr: Mul, known: Definitions) -> Expr | None:
    parts = [log_of(factor, known) for factor in expr.args]
    if all(part is None for part in parts) or not all(
        is_positive(unfolded(f, known)) for f in expr.args
    ):
        return None
    return nodes.add(
        *(_log(f) if part is None else part for f, part in zip(expr.args, parts, strict=True))
    )


def _log(factor: Expr) -> Expr:
    base, exp = nodes.base_exp(factor)
    return nodes.call("log", factor) if isinstance(factor, Num) else exp * nodes.call("log", base)


def log_of_product(expr: Expr, known: Definitions) -> Expr | None:
    """The rule at one node: log(e^u / s) -> u - log s."""
    if isinstance(expr, Call) and expr.function == "log":
        return log_of(expr.args[0], known)
    return None
