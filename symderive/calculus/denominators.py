"""What an expression divides by, and might be zero: an equal form must not divide by anything
more.

What is certainly positive may still vanish in floating point: a sigmoid, an exponential. A reading
of an equation may divide by that, as long as it cancels; a form may not.
"""

from __future__ import annotations

from collections.abc import Callable

from ..index import nodes
from ..index.functions import is_nonnegative, is_positive
from ..index.memo import Table, table
from ..index.nodes import Expr

Divisors = frozenset[object]
_ZERO: Table[Expr, Divisors] = table()
_VANISHING: Table[Expr, Divisors] = table()


def denominators(expr: Expr) -> Divisors:
    """The divisors (and arguments of log) that are not certainly positive, by what they read."""
    return _found(expr, is_positive, _ZERO.known)


def vanishing(expr: Expr) -> Divisors:
    """The same, and those that are positive, but may underflow to 0."""
    return _found(expr, _stays_positive, _VANISHING.known)


def _found(expr: Expr, is_safe: Callable[[Expr], bool], memo: dict[Expr, Divisors]) -> Divisors:
    found = memo.get(expr)
    if found is None:
        found = frozenset().union(*(_found(a, is_safe, memo) for a in expr.args))
        if isinstance(expr, nodes.Pow):
            base, exp = expr.args
            if isinstance(exp, nodes.Num) and exp.value < 0 and not is_safe(base):
                found |= {(type(base), base.tensors)}
        if isinstance(expr, nodes.Call) and expr.function == "log" and not is_safe(expr.args[0]):
            found |= {("log", expr.args[0].tensors)}
        memo[expr] = found
    return found


def _stays_positive(expr: Expr) -> bool:
    """True for what is positive and no smaller than some number that the expression holds."""
    if isinstance(expr, nodes.Add):
        return any(map(_stays_positive, expr.args)) and all(map(is_nonnegative, expr.args))
    if isinstance(expr, (nodes.Mul, nodes.Pow)):
        return all(map(_stays_positive, expr.args))
    fixed = isinstance(expr, (nodes.Num, nodes.Const, nodes.Size))
    return fixed and is_positive(expr)
