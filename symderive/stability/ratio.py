"""Quotients of sums of exponentials, such as (e^x - e^-x)/(e^x + e^-x), in a normal form.

A polynomial maps exponents to coefficients, {x: 1, 0: 2} for e^x + 2. A denominator is a product of
powers of polynomials
that start with 1, so that 1/(1 + e^-x) and e^x/(1 + e^x) have one form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..index import nodes
from ..index.functions import FUNCTIONS
from ..index.nodes import ZERO, Add, Call, Expr, Mul, Num, Pow, Ref, call
from ..index.terms import terms
from .chain import Definitions, opened

Polynomial = Mapping[Expr, Fraction]
Key = tuple[tuple[Expr, Fraction], ...]
Join = Callable[["Ratio", "Ratio"], "Ratio | None"]
TERMS = 16  # a longer polynomial is no form that anybody wrote


@dataclass(frozen=True)
class Ratio:
    """above / Π below: `below` maps polynomials (as sorted items, one of them 1·e^0) to powers."""

    above: Polynomial
    below: Mapping[Key, int]

    @property
    def plain(self) -> bool:
        """True for a mere number."""
        return not self.below and set(self.above) <= {ZERO}

    @property
    def mixed(self) -> bool:
        """True where every sum that holds a positive input holds an exponential as well: y e^x + 1
        is one of these sums, y + 1 is none."""
        sums = [list(self.above), *([e for e, _ in key] for key in self.below)]
        return all(
            any(map(_is_exponential, held)) or not any(e is not ZERO for e in held)
            for held in sums
            if len(held) > 1
        )

    @property
    def weighted(self) -> bool:
        """True where a positive input is among the factors."""
        exponents = [*self.above, *(e for key in self.below for e, _ in key)]
        return any(_is_weight(t) for e in exponents for t in terms(e))

    @property
    def bounded(self) -> bool:
        """True for what sigmoid and tanh are like: as the exponents grow either way, no term
        above outgrows those below."""
        if len(self.below) != 1:
            return self.plain
        ((key, power),) = self.below.items()
        half = spread(nodes.HALF * key[-1][0])
        within = {spread(nodes.num(n) * half) for n in range(2 * power + 1)}
        return len(key) == 2 and set(self.above) <= within


def spread(exponent: Expr) -> Expr:
    """The exponent with numbers multiplied into sums: -(x - y) is y - x."""
    if isinstance(exponent, Add):
        return nodes.add(*(spread(t) for t in exponent.args))
    count, rest = nodes.coefficient(exponent)
    if not isinstance(rest, Add) or count == 1:
        return exponent
    return nodes.add(*(nodes.num(count) * spread(t) for t in rest.args))


def number(value: Fraction) -> Ratio:
    """A number as a ratio."""
    return Ratio({ZERO: value}, {})


def exponential(exponent: Expr) -> Ratio:
    """e^exponent."""
    return Ratio({exponent: Fraction(1)}, {})


def times(left: Ratio, right: Ratio) -> Ratio | None:
    """The product."""
    above = _times(left.above, right.above)
    return _reduced(
        above,
        {k: left.below.get(k, 0) + right.below.get(k, 0) for k in {**left.below, **right.below}},
    )


def plus(left: Ratio, right: Ratio) -> Ratio | None:
    """The sum, over the common denominator."""
    common = {
        k: max(left.below.get(k, 0), right.below.get(k, 0)) for k in {**left.below, **right.below}
    }
    total: dict[Expr, Fraction] = {}
    for part in (left, right):
        above: Polynomial = part.above
        for key, power in common.items():
            for _ in range(power - part.below.get(key, 0)):
                above = _times(above, dict(key))
        for exponent, count in above.items():
            total[exponent] = total.get(exponent, Fraction(0)) + count
    return _reduced(total, common)


def inverse(ratio: Ratio) -> Ratio | None:
    """1 / ratio."""
    if not ratio.above:
        return None
    exponent, count, key = leading(ratio.above)
    above: Polynomial = {spread(-exponent): 1 / count}
    for below, power in ratio.below.items():
        for _ in range(power):
            above = _times(above, dict(below))
    return _reduced(above, {key: 1} if len(key) > 1 else {})


def power(ratio: Ratio, whole: int) -> Ratio | None:
    """ratio ** whole."""
    base: Ratio | None = ratio if whole >= 0 else inverse(ratio)
    result: Ratio | None = number(Fraction(1))
    for _ in range(abs(whole)):
        result = times(result, base) if result and base else None
    return result


def leading(polynomial: Polynomial) -> tuple[Expr, Fraction, Key]:
    """c e^a (1 + r e^w + ...): the exponent a, the coefficient c, and what is in brackets."""
    base, *others = sorted(polynomial, key=lambda a: (a is not ZERO, a))
    if len(others) == 1 and _sign(spread(others[0] - base)) < 0:
        base = others[0]  # of e^w and e^-w the one that is written without a minus
    parts = [(spread(a - base), c / polynomial[base]) for a, c in polynomial.items()]
    return base, polynomial[base], tuple(sorted(parts, key=lambda t: (t[0] is not ZERO, t[0])))


def _sign(exponent: Expr) -> Fraction:
    """The coefficient of the first term; the order of terms does not depend on their signs."""
    terms = exponent.args if isinstance(exponent, Add) else (exponent,)
    return min((nodes.coefficient(t)[::-1] for t in terms), key=lambda t: t[0])[1]


def _times(left: Polynomial, right: Polynomial) -> dict[Expr, Fraction]:
    product: dict[Expr, Fraction] = {}
    for a, c in left.items():
        for b, d in right.items():
            product[nodes.add(a, b)] = product.get(nodes.add(a, b), Fraction(0)) + c * d
    return product


def _reduced(above: Polynomial, below: Mapping[Key, int]) -> Ratio | None:
    """The ratio with no zero term, and with a factor above and below cancelled."""
    above = {a: c for a, c in above.items() if c}
    kept = {k: p for k, p in below.items() if p}
    if len(above) > TERMS:
        return None
    if len(above) > 1:
        base, count, key = leading(above)
        if key in kept:
            return _reduced({base: count}, {k: p - (k == key) for k, p in kept.items()})
    return Ratio(above, kept)


def _tanh(u: Expr) -> Ratio | None:
    above = Ratio({u: Fraction(1), spread(-u): Fraction(-1)}, {})
    below = inverse(Ratio({u: Fraction(1), spread(-u): Fraction(1)}, {}))
    return times(above, below) if below else None


def _read_call(expr: Call, known: Definitions) -> Ratio | None:
    """exp and tanh, and what is written in them."""
    inner = expr.args[0]
    if expr.function in ("exp", "tanh"):
        ratio = exponential if expr.function == "exp" else _tanh
        return None if inner is ZERO else ratio(spread(inner))
    function = FUNCTIONS[expr.function]
    form = function.exponentials or function.definition
    return _raw(form(*expr.args), known) if form else None


def _is_weight(term: Expr) -> bool:
    """log y for a positive input y: y itself is e^(log y)."""
    _, rest = nodes.coefficient(term)
    inside = rest.args[0] if isinstance(rest, Call) and rest.function == "log" else None
    return isinstance(inside, Ref) and inside.tensor.domain.is_positive


def _is_exponential(exponent: Expr) -> bool:
    return not all(map(_is_weight, terms(exponent)))


def read(expr: Expr, known: Definitions) -> Ratio | None:
    """An expression as a ratio, seen through the program's names; None where it is none."""
    found = _raw(expr, known)
    return found if found and found.mixed else None


def _raw(expr: Expr, known: Definitions) -> Ratio | None:
    key = ("ratio", expr)
    if key not in known.memo:
        known.memo[key] = _read(expr, known)
    found: Ratio | None = known.memo[key]
    return found


def _read(expr: Expr, known: Definitions) -> Ratio | None:
    if isinstance(expr, Num):
        return number(expr.value)
    if isinstance(expr, Call):
        return _read_call(expr, known)
    if isinstance(expr, Ref):
        return _read_name(expr, known)
    if (
        isinstance(expr, Pow)
        and isinstance(expr.args[1], Num)
        and expr.args[1].value.denominator == 1
    ):
        base = _raw(expr.args[0], known)
        return (
            power(base, expr.args[1].value.numerator)
            if base and abs(expr.args[1].value) <= 4
            else None
        )
    if isinstance(expr, (Add, Mul)):
        return combined(
            plus if isinstance(expr, Add) else times, (_raw(a, known) for a in expr.args)
        )
    return None


def _read_name(expr: Ref, known: Definitions) -> Ratio | None:
    """A name is read once as it is defined: what is none there is none at any indices."""
    assignment = known.get(expr.tensor)
    if assignment is None:
        return exponential(call("log", expr)) if expr.tensor.domain.is_positive else None
    if _raw(assignment.value, known) is None:
        return None
    value = opened(expr, known)
    return None if value is None else _raw(value, known)


def combined(join: Join, parts: Iterable[Ratio | None]) -> Ratio | None:
    """The parts joined by a sum or a product; None where a part is none."""
    total: Ratio | None = None
    for n, part in enumerate(parts):
        total = part if n == 0 else join(total, part) if total and part else None
        if total is None:
            return None
    return total


def multiple(exponent: Expr, unit: Expr, most: int) -> int | None:
    """The whole number i from 0 to most with exponent = i unit."""
    return next((i for i in range(most + 1) if spread(nodes.num(i) * unit) is exponent), None)
