"""What an expression divides by, and might be zero: an equal form must not divide by anything
more.
"""

from __future__ import annotations

from ..index import nodes
from ..index.functions import is_positive
from ..index.memo import table
from ..index.nodes import Expr

_DENOMINATORS: dict[Expr, frozenset[object]] = table()


def denominators(expr: Expr) -> frozenset[object]:
    """The divisors (and arguments of log) that are not certainly positive, by what they read."""
    found = _DENOMINATORS.get(expr)
    if found is None:
        found = (
            frozenset().union(*(denominators(a) for a in expr.args)) if expr.args else frozenset()
        )
        if isinstance(expr, nodes.Pow):
            base, exp = expr.args
            if isinstance(exp, nodes.Num) and exp.value < 0 and not is_positive(base):
                found |= {(type(base), base.tensors)}
        if (
            isinstance(expr, nodes.Call)
            and expr.function == "log"
            and not is_positive(expr.args[0])
        ):
            found |= {("log", expr.args[0].tensors)}
        _DENOMINATORS[expr] = found
    return found
