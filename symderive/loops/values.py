"""Expressions → values of loop programs: no function that the language at hand does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import NotSupportedError
from ..index import nodes as index
from ..index.functions import spelled_out
from ..index.nodes import Expr
from ..index.places import is_whole, outside
from ..index.text import factor_order, factors_of, term_order
from ..index.walk import walk
from ..schedule.shapes import is_plain
from .nodes import (
    ONE,
    All,
    AsReal,
    Call,
    Choice,
    Compare,
    Constant,
    Negative,
    Product,
    Quotient,
    Real,
    Sum,
    Value,
    Whole,
)

_INFINITY = index.const("inf")
_OPPOSITE = {("gt", "ge"), ("ge", "gt")}


@dataclass
class Writer:
    """Lowers expressions; told how to write elements, index variables and sizes."""

    element: Callable[[index.Ref], Value]
    variable: Callable[[index.Idx], Value]
    size: Callable[[index.Size], Value]
    divisor: Callable[[Expr], Value | None]  # the loop's own divisors
    has_function: Callable[[str], bool]
    known: tuple[Expr, ...] = ()  # conditions on sizes that hold everywhere
    chosen: int = 0  # how many choices what is being written stands under

    def places(self, ref: index.Ref) -> list[Value]:
        """Where an element lies along each axis; never outside of it, whatever is read there.

        A condition beside it does not make a place safe: compilers read first and ask later.
        """
        written = [self.whole(a) for a in ref.args]
        for n in outside(ref, self.known):
            last = self.whole(index.size(ref.tensor.dims[n]) - index.ONE)
            written[n] = Call("within", (written[n], last))
        return written

    def write(self, expr: Expr) -> Value:
        """The expression as a real number."""
        return _WRITE[type(expr)](self, expr)

    def whole(self, expr: Expr) -> Value:
        """An index expression: whole numbers only."""
        if isinstance(expr, index.Num) and expr.value.denominator == 1:
            size = Whole(abs(int(expr.value)))
            return size if expr.value >= 0 else Negative(size)
        if isinstance(expr, index.Idx):
            return self.variable(expr)
        if isinstance(expr, index.Size):
            return self.size(expr)
        if isinstance(expr, index.Ref):
            return self.element(expr)
        if isinstance(expr, index.Mod):
            return self._around(*expr.args)
        if isinstance(expr, index.Add):
            terms = [self.whole(a) for a in expr.args]
            return Sum(tuple(sorted(terms, key=lambda t: isinstance(t, Negative))))
        if isinstance(expr, index.Mul):
            count, rest = index.coefficient(expr)
            if count < 0:
                return Negative(self.whole(index.mul(index.num(-count), rest)))
            return Product(tuple(map(self.whole, expr.args)))
        raise NotSupportedError(f"no loop can compute the index {expr}")

    def _around(self, place: Expr, length: Expr) -> Value:
        """A place modulo a length: what is on the axis already, and how far it is moved."""
        terms = place.args if isinstance(place, index.Add) else (place,)
        own = (t for t in terms if isinstance(t, index.Idx) and index.size(t.index.dim) is length)
        on = next(own, index.ZERO)
        return Call("around", tuple(map(self.whole, (on, place - on, length))))


def refuse(values: Iterable[Expr], has_function: Callable[[str], bool]) -> None:
    """NotSupportedError where loops cannot compute one of the values, reductions at their heads."""

    def element(ref: index.Ref) -> Value:
        if not is_plain(ref):
            writer.places(ref)
        return ONE

    writer = Writer(element, lambda i: ONE, lambda size: ONE, lambda value: None, has_function)
    for value in values:
        writer.write(value.args[0] if isinstance(value, index.Reduce) else value)


def _ref(writer: Writer, expr: index.Ref) -> Value:
    written = writer.element(expr)
    return AsReal(written) if expr.tensor.domain.is_label else written


def _pow(writer: Writer, expr: index.Pow) -> Value:
    base, exponent = expr.args
    value = exponent.value if isinstance(exponent, index.Num) else None
    if value is not None and value < 0:
        return Quotient(Real(Fraction(1)), writer.write(index.power(base, -exponent)))
    if exponent is index.HALF:
        return Call("sqrt", (writer.write(base),))
    if value == 2:
        inner = writer.write(base)
        is_simple = isinstance(base, index.Ref)
        return Product((inner, inner)) if is_simple else Call("square", (inner,))
    if value == 3:
        square = writer.write(index.power(base, index.num(2)))
        factors = square.factors if isinstance(square, Product) else (square,)
        return Product((*factors, writer.write(base)))
    if value == Fraction(3, 2):
        return Product((writer.write(base), writer.write(index.sqrt(base))))
    return Call("pow", (writer.write(base), writer.write(exponent)))


def _call(writer: Writer, expr: index.Call) -> Value:
    if not writer.has_function(expr.function):
        return writer.write(spelled_out(expr))
    return Call(expr.function, tuple(map(writer.write, expr.args)))


def _selects(expr: Expr) -> bool:
    return isinstance(expr, (index.Bracket, index.Delta))


def _opposite(expr: Expr) -> Expr | None:
    """1 - δ(a, b) as [a ≠ b], which selects and does not multiply."""
    if not isinstance(expr, index.Add) or len(expr.args) != 2 or index.ONE not in expr.args:
        return None
    count, hit = index.coefficient(next(a for a in expr.args if a is not index.ONE))
    return index.bracket("ne", *hit.args) if count == -1 and isinstance(hit, index.Delta) else None


def condition(writer: Writer, expr: Expr) -> Compare:
    """A bracket or δ as a comparison."""
    whole = isinstance(expr, index.Delta) or all(is_whole(a) for a in expr.args)
    left, right = map(writer.whole if whole else writer.write, expr.args)
    return Compare(getattr(expr, "relation", "eq"), left, right)


def _bracket(writer: Writer, expr: Expr) -> Value:
    return AsReal(condition(writer, expr))


def _chosen(writer: Writer, conditions: list[Expr], then: Expr, otherwise: Expr) -> Value:
    other = writer.write(otherwise)
    tests = tuple(condition(writer, c) for c in conditions)
    writer.chosen += 1
    value = writer.write(then)
    writer.chosen -= 1
    return Choice(tests[0] if len(tests) == 1 else All(tests), value, other)


def _mul(writer: Writer, expr: index.Mul) -> Value:
    told = [_opposite(f) or f for f in expr.args]
    conditions = sorted(f for f in told if _selects(f))
    if conditions:
        rest = index.mul(*(f for f in told if not _selects(f)))
        return _chosen(writer, conditions, rest, index.ZERO)
    count, rest = index.coefficient(expr)
    fixed = [f for f in factors_of(rest) if _is_constant(f)]
    if fixed:  # one product with a number is cheaper than a quotient by a root
        count *= _value(fixed)
        rest = index.mul(*(f for f in factors_of(rest) if f not in fixed))
    factors = [f for f in sorted(factors_of(rest), key=factor_order) if f is not index.ONE]
    written = _quotient(writer, abs(count), factors)
    return Negative(written) if count < 0 else written


def _quotient(writer: Writer, count: Fraction, factors: list[Expr]) -> Value:
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in factors:
        base, exponent = index.base_exp(factor)
        if isinstance(exponent, index.Num) and exponent.value < 0:
            below.append(index.power(base, -exponent))
        else:
            above.append(factor)
    number = [] if count == 1 and above else [Real(count)]
    top = _product([*number, *map(writer.write, above)])
    if not below:
        return top
    once = writer.divisor(index.mul(*below))
    if once:
        return Call("divided", (top, once))
    return Quotient(top, _product([writer.write(f) for f in below]))


def _product(factors: list[Value]) -> Value:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _is_constant(expr: Expr) -> bool:
    """True for numbers, π, and powers and functions of them."""
    leaves = (index.Ref, index.Size, index.Idx)
    return not any(isinstance(n, leaves) or n is _INFINITY for n in walk(expr))


def _value(factors: list[Expr]) -> Fraction:
    """The product of constants, to 40 digits."""
    from ..index.bridge import to_sympy  # loads SymPy: only for who writes such a constant

    return Fraction(str(to_sympy(index.mul(*factors)).evalf(40)))


def _add(writer: Writer, expr: index.Add) -> Value:
    terms = sorted(expr.args, key=term_order)
    pieces: list[Value] = []
    while terms:
        term = terms.pop(0)
        other = next((t for t in terms if _complementary(term, t)), None)
        if other is not None:
            terms.remove(other)
            pieces.append(_either(writer, term, other))
        else:
            pieces.append(writer.write(term))
    return pieces[0] if len(pieces) == 1 else Sum(tuple(pieces))


def _condition_of(term: Expr) -> Expr | None:
    found = [f for f in factors_of(term) if _selects(f)]
    return found[0] if len(found) == 1 else None


def _complementary(a: Expr, b: Expr) -> bool:
    """`[u > v] A` and `[v >= u] B`, or `[u = v] A` and `[u ≠ v] B`: one of them holds, unless one
    side is NaN."""
    first, second = _condition_of(a), _condition_of(b)
    if isinstance(first, index.Delta) or isinstance(second, index.Delta):
        return first in _unequal(second) or second in _unequal(first)
    if not isinstance(first, index.Bracket) or not isinstance(second, index.Bracket):
        return False
    pair = (first.relation, second.relation)
    return pair in _OPPOSITE and first.args == second.args[::-1]


def _unequal(hit: Expr | None) -> tuple[Expr, ...]:
    """[u ≠ v] for δ(u, v)."""
    return (index.bracket("ne", *hit.args),) if isinstance(hit, index.Delta) else ()


def _either(writer: Writer, a: Expr, b: Expr) -> Value:
    """A choice between two values; the strict comparison is the one that is written."""
    strict = _condition_of(a)
    if not isinstance(strict, index.Delta) and getattr(strict, "relation", "") != "gt":
        a, b = b, a
    chosen = _condition_of(a)
    assert chosen is not None
    first, second = (index.mul(*(f for f in factors_of(t) if not _selects(f))) for t in (a, b))
    return _chosen(writer, [chosen], first, second)


def _reduce(writer: Writer, expr: index.Reduce) -> Value:
    raise NotSupportedError(f"a loop met a reduction where none may stand: {expr}")


_WRITE: dict[type[Expr], Callable[[Writer, Any], Value]] = {
    index.Num: lambda writer, e: Real(e.value),
    index.Const: lambda writer, e: Constant(e.name),
    index.Size: lambda writer, e: AsReal(writer.size(e)),
    index.Idx: lambda writer, e: AsReal(writer.variable(e)),
    index.Mod: lambda writer, e: AsReal(writer.whole(e)),
    index.Ref: _ref,
    index.Pow: _pow,
    index.Call: _call,
    index.Delta: _bracket,
    index.Bracket: _bracket,
    index.Mul: _mul,
    index.Add: _add,
    index.Reduce: _reduce,
}
