"""Logarithms that undo exponentials: log(e^u / s) = u - log s, log σ(w), log(1 + e^x), log cosh
x, log of a tail of the normal distribution, through names."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import ONE, ZERO, Call, Expr, Mul, Num, Pow, Reduce, call, num
from ..index.terms import terms
from ..index.walk import walk
from .chain import Definitions, opened, unfolded
from .ratio import Key, Polynomial, Ratio, leading, read, spread


def log_form(expr: Expr, known: Definitions) -> Expr | None:
    """The rule at one node: log(u), or log1p(u), without the exponentials that it would undo."""
    if not isinstance(expr, Call) or expr.function not in ("log", "log1p"):
        return None
    return log_of(expr.args[0] if expr.function == "log" else ONE + expr.args[0], known)


def log_of(expr: Expr, known: Definitions) -> Expr | None:
    """log(expr) without its exponentials; None where there are none, or a sign is unknown."""
    ratio = read(expr, known)
    if ratio is not None:
        return log_of_ratio(ratio)
    if isinstance(expr, Mul):
        return _of_product(expr, known)
    if isinstance(expr, Call) and expr.function == "erfc":
        return call("log_ndtr", -nodes.sqrt(num(2)) * expr.args[0]) + call("log", num(2))
    if isinstance(expr, Pow):
        inner = log_of(expr.args[0], known)
        return None if inner is None else expr.args[1] * inner
    if isinstance(expr, Reduce) and expr.op == "prod" and _positive(expr.args[0], known):
        return nodes.sum_(expr.bound, log_of(expr.args[0], known) or call("log", expr.args[0]))
    value = opened(expr, known)
    return None if value is None else log_of(value, known)


def _positive(expr: Expr, known: Definitions) -> bool:
    return is_positive(unfolded(expr, known))


def _of_product(expr: Mul, known: Definitions) -> Expr | None:
    parts = [log_of(factor, known) for factor in expr.args]
    if all(part is None for part in parts) or not all(_positive(f, known) for f in expr.args):
        return None
    logs = [_log(f) if part is None else part for f, part in zip(expr.args, parts, strict=True)]
    return _with_numbers_joined(nodes.add(*logs))


def _with_numbers_joined(total: Expr) -> Expr:
    """log(1/2) + log 2 is nothing: as two terms each would be rounded."""
    product: Expr = ONE
    rest = list[Expr]()
    for term in terms(total):
        count, log = nodes.coefficient(term)
        of_number = isinstance(log, Call) and log.function == "log"
        if of_number and isinstance(log.args[0], Num) and count.denominator == 1:
            product *= log.args[0] ** num(count)
        else:
            rest.append(term)
    return nodes.add(*rest) if product is ONE else nodes.add(*rest, call("log", product))


def _log(factor: Expr) -> Expr:
    base, exp = nodes.base_exp(factor)
    return call("log", factor) if isinstance(factor, Num) else exp * call("log", base)


def log_of_ratio(ratio: Ratio) -> Expr | None:
    """log of a ratio of exponentials.

    log(e^a + e^b) = logaddexp(a, b), log σ(w) = -logaddexp(-w, 0), log(1 - e^w) = log1mexp(w).
    """
    if ratio.plain or not ratio.above:
        return None
    if not ratio.below and len(ratio.above) > 1:
        return _log_of_polynomial(ratio.above)
    if len(ratio.above) > 1 and all(c > 0 for c in ratio.above.values()):
        return _log_of_sum([Ratio({a: c}, ratio.below) for a, c in sorted(ratio.above.items())])
    ratio = _turned(ratio)
    a, c, key = leading(ratio.above)
    if c < 0 and len(key) == 2 and key[1][1] == -1:  # -(1 - e^w) = e^w (1 - e^-w)
        w = key[1][0]
        a, c, key = a + w, -c, ((ZERO, Fraction(1)), (spread(-w), Fraction(-1)))
    if c <= 0:
        return None
    parts: list[Expr | None] = [ZERO if c == 1 else call("log", num(c)), _log_of_key(key)]
    for below, power in ratio.below.items():
        unit = below[1][0]
        i = _held(a, unit, power) if below[1:] == ((unit, Fraction(1)),) else 0
        if i:  # i w - k log(1 + e^w) = -i log(1 + e^-w) - (k - i) log(1 + e^w)
            a = spread(a - num(i) * unit)
            parts.append(num(-i) * call("logaddexp", spread(-unit), ZERO))
        inner = _log_of_key(below)
        parts.append(None if inner is None else num(i - power) * inner)
    if any(p is None for p in parts):
        return None
    return nodes.add(a, *(p for p in parts if p is not None))


def _log_of_sum(parts: list[Ratio]) -> Expr | None:
    """log(e^a σ(w) + e^b σ(-w)) = logaddexp(a + log σ(w), b + log σ(-w)): taken apart into the logs
    of numerator and denominator, both could be large and their difference small.
    """
    logs = [found for part in parts if (found := log_of_ratio(part)) is not None]
    if len(logs) < len(parts):
        return None
    return reduce(lambda a, b: call("logaddexp", a, b), logs)


def _held(exponent: Expr, unit: Expr, most: int) -> int:
    """How many times an exponent holds a unit: x + y + z holds x + z once."""
    left = [(len(terms(spread(exponent - num(i) * unit))), i) for i in range(most + 1)]
    return min(left)[1]


def _turned(ratio: Ratio) -> Ratio:
    """-e^a / (1 - e^w), which is positive where e^w is above 1, as e^(a - w) / (1 - e^-w)."""
    keys = [k for k, power in ratio.below.items() if len(k) == 2 and k[1][1] == -1 and power == 1]
    if len(keys) != 1 or any(c > 0 for c in ratio.above.values()):
        return ratio
    ((_, one), (w, _)) = keys[0]
    turned = ((ZERO, one), (spread(-w), Fraction(-1)))
    above = {spread(a - w): -c for a, c in ratio.above.items()}
    return Ratio(above, {**{k: p for k, p in ratio.below.items() if k != keys[0]}, turned: 1})


def _log_of_key(key: Key) -> Expr | None:
    return ZERO if len(key) == 1 else _log_of_polynomial(dict(key))


def _log_of_polynomial(polynomial: Polynomial) -> Expr | None:
    found = sorted(polynomial.items(), key=lambda t: (t[0] is ZERO, t[0]))
    if all(c > 0 for _, c in found):
        share = found[0][1] if len({c for _, c in found}) == 1 else Fraction(1)
        shifted = [a if c == share else a + call("log", num(c / share)) for a, c in found]
        total = shifted[0]
        for a in shifted[1:]:
            total = call("logaddexp", total, a)
        return total if share == 1 else total + call("log", num(share))
    if len(found) == 2 and found[0][1] == -found[1][1]:
        (a, c), (b, _) = found if found[0][1] > 0 else found[::-1]
        scale = ZERO if c == 1 else call("log", num(c))
        return a + call("log1mexp", spread(b - a)) + scale
    return None


NAMES = (
    ("logaddexp", "log-of-sum"),
    ("log1mexp", "log-of-difference"),
    ("log_ndtr", "log-of-tail"),
)


def named(before: Expr, after: Expr) -> str:
    """The rule that a rewrite is told by: the function that it brings in."""
    functions = {n.function for n in walk(after) if isinstance(n, Call)}
    return next((rule for function, rule in NAMES if function in functions), "log-of-product")
