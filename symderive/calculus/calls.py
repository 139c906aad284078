"""What a function of a normal form is: exp undoes log, an odd function gives up its sign.

Each rule takes normal arguments; what it gives may still have to be normalised.
"""

from __future__ import annotations

from collections.abc import Callable

from ..index import nodes
from ..index.dims import Index
from ..index.functions import FUNCTIONS, is_nonnegative
from ..index.memo import Table, table
from ..index.nodes import ONE, ZERO, Expr, num
from ..index.terms import factors, negative, terms
from ..index.walk import substitute

_NAMELESS: Table[Expr, Expr] = table()


def _exp(exponent: Expr) -> Expr:
    """exp(a + k log z) = z^k exp(a)."""
    powers, rest = [], []
    for term in terms(exponent):
        found = [f for f in factors(term) if isinstance(f, nodes.Call) and f.function == "log"]
        if len(found) == 1:
            times = nodes.mul(term, nodes.power(found[0], num(-1)))
            powers.append(nodes.power(found[0].args[0], times))
        else:
            rest.append(term)
    remaining = nodes.add(*rest)
    return nodes.mul(*powers, nodes.call("exp", remaining))


def _log(arg: Expr) -> Expr:
    if arg is ONE:
        return ZERO
    if isinstance(arg, nodes.Call) and arg.function == "exp":
        return arg.args[0]
    return nodes.call("log", arg)


def _abs(arg: Expr) -> Expr:
    if is_nonnegative(arg):
        return arg
    return nodes.call("abs", negative(arg) if _leads_negative(arg) else arg)


def _leads_negative(arg: Expr) -> bool:
    """True for one of u and -u, and always for the same one, whatever its indices are called: Σ
    renames them, and a sign that turned with them would turn for ever.
    """
    first = min(terms(arg), key=_without_count, default=ONE)
    return nodes.coefficient(first)[0] < 0


def _without_count(term: Expr) -> tuple[Expr, Expr]:
    """What terms are told apart by: first with one name for all indices of a dim."""
    rest = nodes.coefficient(term)[1]
    if rest not in _NAMELESS.known:
        _NAMELESS.known[rest] = substitute(rest, {i: Index(i.dim) for i in rest.free})
    return _NAMELESS.known[rest], rest


def _sigmoid(arg: Expr) -> Expr:
    """σ(-u) = 1 - σ(u)."""
    if _leads_negative(arg):
        return ONE - nodes.call("sigmoid", negative(arg))
    return nodes.call("sigmoid", arg)


def _logaddexp(left: Expr, right: Expr) -> Expr:
    """log(e^a + e^b) = log(1 + e^(a-b)) + b, and log(1 + e^-u) = log(1 + e^u) - u."""
    difference = nodes.add(left, negative(right))
    if right is ZERO and not _leads_negative(difference):
        return nodes.call("logaddexp", left, ZERO)
    if _leads_negative(difference):
        return nodes.call("logaddexp", negative(difference), ZERO) + left
    return nodes.call("logaddexp", difference, ZERO) + right


_LAWS: dict[str, Callable[..., Expr]] = {
    "exp": _exp,
    "log": _log,
    "abs": _abs,
    "sigmoid": _sigmoid,
    "logaddexp": _logaddexp,
}


def normal_call(name: str, *args: Expr) -> Expr:
    """The function of normal arguments: its own law, f(-u) = -f(u), f(-u) = f(u), or as it is."""
    if name in _LAWS:
        return _LAWS[name](*args)
    parity = FUNCTIONS[name].parity if name in FUNCTIONS else ""
    if parity and _leads_negative(args[0]):
        turned = nodes.call(name, negative(args[0]))
        return -turned if parity == "odd" else turned
    return nodes.call(name, *args)
