"""SciPy's xlogy and its kin of probabilities that are made of exponentials: their logarithms are
known where the probabilities underflow, and what is 0 there is chosen by a bracket.
"""

from __future__ import annotations

from collections.abc import Callable

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import ONE, ZERO, Call, Expr, call
from ..index.walk import walk
from .chain import Definitions, unfolded

EXPONENTIALS = ("exp", "sigmoid")


def guarded_form(expr: Expr, known: Definitions) -> Expr | None:
    """xlogy(u, p) -> u log p where u and p are not both 0, for a p of exponentials."""
    if not isinstance(expr, Call) or expr.function not in _OPENED:
        return None
    probability = expr.args[-1]
    return _OPENED[expr.function](*expr.args) if _of_exponentials(probability, known) else None


def _of_exponentials(expr: Expr, known: Definitions) -> bool:
    value = unfolded(expr, known)
    made = any(isinstance(n, Call) and n.function in EXPONENTIALS for n in walk(value))
    return made and is_positive(value)


def _times_log(u: Expr, p: Expr) -> Expr:
    """u log p, and 0 where both are 0: p is so where it underflows."""
    apart = u if u is p else nodes.add(call("abs", u), p)
    return nodes.bracket("ne", apart, ZERO) * u * call("log", p)


def _relative(u: Expr, p: Expr) -> Expr:
    """u log u, with what it is below 0, and minus u log p."""
    return ZERO if u is p else call("rel_entr", u, ONE) - _times_log(u, p)


_OPENED: dict[str, Callable[..., Expr]] = {
    "xlogy": _times_log,
    "entr": lambda p: -_times_log(p, p),
    "rel_entr": _relative,
    "kl_div": lambda u, p: _relative(u, p) - u + p,
}
