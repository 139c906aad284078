"""Make sums, products and powers: flattened, numbers folded, like terms collected."""

from __future__ import annotations

from fractions import Fraction
from operator import attrgetter

from ..dims import Dim
from .kinds import Add, Bracket, Delta, Expr, Mul, Num, Pow, Size, intern
from .leaves import HALF, ONE, ZERO, num

_ONE = Fraction(1)
_order = attrgetter("order")


def coefficient(term: Expr) -> tuple[Fraction, Expr]:
    """A term as number times rest: `3 x y` gives (3, x y)."""
    if isinstance(term, Num):
        return term.value, ONE
    if isinstance(term, Mul) and isinstance(term.args[0], Num):
        if term.rest is None:
            rest = term.args[1:]
            term.rest = rest[0] if len(rest) == 1 else intern(Mul, "", rest)
        return term.args[0].value, term.rest
    return _ONE, term


def base_exp(factor: Expr) -> tuple[Expr, Expr]:
    """A factor as base and exponent: `x**2` gives (x, 2), `x` gives (x, 1)."""
    return (factor.args[0], factor.args[1]) if isinstance(factor, Pow) else (factor, ONE)


def add(*terms: Expr) -> Expr:
    """Sum of terms: flattened, like terms collected, nothing expanded."""
    total: dict[Expr, Fraction] = {}
    stack = list(terms)
    for term in stack:
        if isinstance(term, Add):
            stack.extend(term.args)
            continue
        count, rest = coefficient(term)
        total[rest] = total[rest] + count if rest in total else count
    lone = [rest for rest, count in total.items() if count == 1 and isinstance(rest, Add)]
    if lone:  # 2 (a + b) - (a + b)
        return add(*lone, from_terms({r: c for r, c in total.items() if r not in lone}))
    return from_terms(total)


def from_terms(total: dict[Expr, Fraction]) -> Expr:
    """The sum of {rest: coefficient}; no rest may be a sum or hold a number."""
    kept = sorted([_scaled(c, rest) for rest, c in total.items() if c], key=_order)
    if len(kept) < 2:
        return kept[0] if kept else ZERO
    return intern(Add, "", tuple(kept))


def _scaled(count: Fraction, rest: Expr) -> Expr:
    if rest is ONE or count == 1:
        return rest if count == 1 else num(count)
    factors = rest.args if isinstance(rest, Mul) else (rest,)
    product: Mul = intern(Mul, "", (num(count), *factors))
    product.rest = rest
    return product


def mul(*factors: Expr) -> Expr:
    """Product of factors: flattened, powers of one base merged, nothing expanded."""
    number = _ONE
    powers: dict[Expr, Expr] = {}
    stack = list(factors)
    for factor in stack:
        if isinstance(factor, Mul):
            stack.extend(factor.args)
        elif isinstance(factor, Num):
            number *= factor.value
        else:
            base, exp = base_exp(factor)
            powers[base] = add(powers[base], exp) if base in powers else exp
    if number == 0:
        return ZERO
    raised = [b if e is ONE else power(b, e) for b, e in powers.items()]
    kept = sorted([p for p in raised if p is not ONE], key=_order)
    if any(isinstance(p, (Mul, Num)) for p in kept):
        return mul(num(number), *kept)
    rest = ONE if not kept else kept[0] if len(kept) == 1 else intern(Mul, "", tuple(kept))
    if isinstance(rest, Add) and number != 1:
        return intern(Mul, "", (num(number), rest))
    return _scaled(number, rest)


def power(base: Expr, exp: Expr) -> Expr:
    """`base ** exp`: integer powers of numbers and of powers are carried out, and δ and brackets
    are idempotent.
    """
    if exp is ZERO:
        return ONE
    if exp is ONE or base is ONE:
        return base
    if isinstance(exp, Num) and exp.value.denominator == 1:
        whole = exp.value.numerator
        if isinstance(base, Num) and (base.value or whole > 0) and abs(whole) <= 64:
            return num(base.value**whole)
        if isinstance(base, Pow):
            return power(base.args[0], mul(base.args[1], exp))
        if isinstance(base, (Delta, Bracket)) and whole > 0:
            return base
        if isinstance(base, Mul):
            return mul(*(power(f, exp) for f in base.args))
    return intern(Pow, "", (base, exp))


def sqrt(value: Expr) -> Expr:
    """The square root, a power of one half."""
    return power(value, HALF)


def size(dim: Dim) -> Expr:
    """The length of a dim: a number where it is known, else a symbol or a linear form in
    symbols.
    """
    if dim.length is not None:
        return num(dim.length)
    if dim.extent:
        return add(*(mul(num(c), size(Dim(n)) if n else ONE) for n, c in dim.extent))
    return intern(Size, repr(dim), (), dim=dim)
