"""Numbers, powers, functions, products and sums as array nodes; the table of all expressions."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce

from ..index import nodes
from ..index.nodes import Expr
from ..index.text import factor_order, factors_of, term_order
from ..index.walk import walk
from .axes import Axes
from .choices import both, complement, condition, either, select
from .lowering import Lowering, Table
from .moves import Permuted
from .nodes import (
    INTEGER,
    NUMBER,
    REAL,
    ZERO,
    Array,
    Constant,
    Count,
    Elementwise,
    GuardedQuotient,
    Held,
    Number,
    elementwise,
    minus,
    negated,
    number,
)
from .reads import arange, gather
from .reductions import mean, reduction
from .segments import concatenated
from .stacks import stacked


def _is_decimal(value: Fraction) -> bool:
    """True where the decimal reads better than the fraction: 0.5 and 0.044715, but 1/3."""
    return len(repr(float(value))) <= 8 or value.denominator > 64


def _mod(low: Lowering, expr: nodes.Mod, frame: Axes) -> Array:
    place, length = (low.lower(a, frame) for a in expr.args)
    return Elementwise("modulo", (place, length), axes=place.axes, kind=INTEGER)


def _ref(low: Lowering, expr: nodes.Ref, frame: Axes) -> Array:
    scope = low.scope
    if expr.tensor.name in scope.scalars:
        return Held(expr.tensor.name, kind=NUMBER)
    if not scope.is_plain(expr):
        return gather(low, expr, frame)
    kind = INTEGER if expr.tensor.domain.is_label else REAL
    return Held(expr.tensor.name, axes=scope.axes(expr), kind=kind)


def _pow(low: Lowering, expr: nodes.Pow, frame: Axes) -> Array:
    base, exponent = expr.args
    if isinstance(exponent, nodes.Num) and exponent.value < 0:
        return _quotient(low, Fraction(1), [expr], frame)
    inner = low.real(base, frame)
    if exponent is nodes.HALF and inner.kind != NUMBER:
        return elementwise("sqrt", inner, kind=inner.kind)
    power = low.real(exponent, frame)
    kind = NUMBER if inner.kind == power.kind == NUMBER else REAL
    if power == number(3) and _is_there(inner):
        square = elementwise("power", inner, number(2), kind=inner.kind)
        return elementwise("multiply", square, inner, kind=inner.kind)  # x**3 is slow
    return elementwise("power", inner, power, kind=kind)


def _is_there(array: Array) -> bool:
    """True for an array that has a name, transposed or not."""
    held = array.value if isinstance(array, Permuted) else array
    return isinstance(held, Held) and held.kind != NUMBER


def _call(low: Lowering, expr: nodes.Call, frame: Axes) -> Array:
    args = [low.real(a, frame) for a in expr.args]
    alone = all(a.kind == NUMBER for a in args)
    return elementwise(expr.function, *args, kind=NUMBER if alone else REAL)


def _mul(low: Lowering, expr: Expr, frame: Axes) -> Array:
    found = mean(low, expr, frame)
    if found is not None:
        return found
    count, rest = nodes.coefficient(expr)
    factors = list(factors_of(rest)) if rest is not nodes.ONE else []
    written = {f: condition(low, f, frame) for f in factors}
    conditions = [c for c in written.values() if c is not None]
    others = [f for f, c in written.items() if c is None]
    if not conditions:
        return _quotient(low, count, factors, frame)
    if not others and count == 1:
        return both(conditions)
    guarded = _guarded(low, count, factors, frame)
    if guarded is not None:
        return guarded
    return select(low, both(conditions), _quotient(low, count, others, frame), ZERO)


def _guarded(low: Lowering, count: Fraction, factors: list[Expr], frame: Axes) -> Array | None:
    """[r > 0] a / r as a quotient that divides by no 0 at all."""
    roots = [r for r in factors if isinstance(r, nodes.Pow) and r.args[1] is nodes.MINUS_ONE]
    if len(roots) != 1 or not isinstance(roots[0].args[0], nodes.Ref):
        return None
    root = roots[0].args[0]
    above = [f for f in factors if f not in (roots[0], nodes.bracket("gt", root, nodes.ZERO))]
    if len(above) != len(factors) - 2 or any(_divides_or_chooses(f) for f in above):
        return None
    under, over = low.lower(root, frame), _quotient(low, count, above, frame)
    if not under.axes or not set(over.axes) <= set(under.axes):
        return None
    return GuardedQuotient(over, under, axes=under.axes)


def _divides_or_chooses(factor: Expr) -> bool:
    exponent = nodes.base_exp(factor)[1]
    chooses = isinstance(factor, (nodes.Bracket, nodes.Delta))
    return chooses or (isinstance(exponent, nodes.Num) and exponent.value < 0)


def _quotient(low: Lowering, count: Fraction, factors: list[Expr], frame: Axes) -> Array:
    """count · factors as `a * b / (c * d)`."""
    above, below = _above_and_below(factors)
    negative, size = count < 0, abs(count)
    top = [low.lower(f, frame) for f in above]
    bottom = _lengths(low, below) + [
        low.lower(f, frame) for f in below if not isinstance(f, nodes.Size)
    ]
    if size.denominator == 1 or _is_decimal(size):
        top = top if size == 1 and top else [Number(size), *top]
    else:
        top = top if size.numerator == 1 and top else [number(size.numerator), *top]
        bottom = [number(size.denominator), *bottom]
    if len(top) + len(bottom) == 1:
        return minus(top[0]) if negative else top[0]
    top = _new_array_early([low.cast(a) for a in top])
    bottom = [low.cast(a) for a in bottom]
    kinds = {a.kind for a in (*top, *bottom)}
    kind = NUMBER if kinds == {NUMBER} else INTEGER if low.exact and INTEGER in kinds else REAL
    if bottom and kind == NUMBER and any(_counts(f) for f in below):
        ratio = elementwise("ratio", _product(top, kind), _product(bottom, kind), kind=NUMBER)
        return minus(ratio) if negative else ratio
    found = _product([negated(top[0]), *top[1:]] if negative else top, kind)
    return elementwise("divide", found, _product(bottom, kind), kind=kind) if bottom else found


def _product(arrays: Iterable[Array], kind: str) -> Array:
    return reduce(lambda a, b: elementwise("multiply", a, b, kind=kind), arrays)


def _counts(expr: Expr) -> bool:
    return any(isinstance(n, nodes.Size) for n in walk(expr))


def _new_array_early(arrays: list[Array]) -> list[Array]:
    """`dy * (1 - y) * y` for `dy * y * (1 - y)`: it then goes on in the memory of `1 - y`."""
    new = [a for a in arrays if a.kind == REAL and a.axes and _is_sum(a)]
    if len(new) != 1 or arrays.index(new[0]) < 2:
        return arrays
    rest = [a for a in arrays if a is not new[0]]
    wide = [n for n, a in enumerate(rest) if len(a.axes) == len(new[0].axes)]
    place = wide[0] + 1 if wide else len(rest)
    return [*rest[:place], new[0], *rest[place:]]


def _is_sum(array: Array) -> bool:
    return isinstance(array, Elementwise) and array.function in ("add", "subtract")


def _lengths(low: Lowering, factors: list[Expr]) -> list[Array]:
    """The lengths among the factors; all the lengths of one array are its size."""
    dims = [f.dim for f in factors if isinstance(f, nodes.Size)]
    whole = low.scope.with_dims(dims) if len(dims) > 1 else None
    if whole is not None:
        return [Count(whole)]
    return [low.lower(nodes.size(d), ()) for d in dims]


def _above_and_below(factors: list[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The factors of the numerator and of the denominator, in reading order."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in sorted(factors, key=factor_order):
        base, exponent = nodes.base_exp(factor)
        if isinstance(exponent, nodes.Num) and exponent.value < 0:
            below.append(nodes.power(base, nodes.num(-exponent.value)))
        else:
            above.append(factor)
    return above, below


def _add(low: Lowering, expr: nodes.Add, frame: Axes) -> Array:
    whole = condition(low, expr, frame) or stacked(low, expr, frame)
    if whole is None and not low.scope.any_axis:
        whole = concatenated(low, expr, frame)
    if whole is not None:
        return whole
    terms = sorted(expr.args, key=term_order)
    written: list[tuple[bool, Array]] = []
    while terms:
        term = terms.pop(0)
        partner = next((t for t in terms if complement(term, t)), None)
        if partner is not None:
            terms.remove(partner)
            written.append((False, either(low, term, partner, frame)))
            continue
        count, _ = nodes.coefficient(term)
        written.append((count < 0, low.lower(-term if count < 0 else term, frame)))
    return _joined(low, written)


def _joined(low: Lowering, written: list[tuple[bool, Array]]) -> Array:
    kinds = {a.kind for _, a in written}
    if len(written) == 1:
        return written[0][1]
    if REAL not in kinds or INTEGER in kinds or written[0][0] or not low.scope.library.mixes:
        written = [(sign, low.cast(a)) for sign, a in written]
    else:  # NumPy adds truth values by `or`, and a truth value and a number to an integer
        first = next(n for n, (_, a) in enumerate(written) if a.kind == REAL)
        if first > 1:
            ahead = [(sign, low.cast(a)) for sign, a in written[:first]]
            written = [*ahead, *written[first:]]
    kind = NUMBER if kinds == {NUMBER} else INTEGER if low.exact and INTEGER in kinds else REAL
    (negative, found), *others = written
    found = minus(found) if negative else found
    for negative, array in others:
        found = elementwise("subtract" if negative else "add", found, array, kind=kind)
    return found


def _selecting(low: Lowering, expr: Expr, frame: Axes) -> Array:
    chosen = condition(low, expr, frame)
    assert chosen is not None
    return chosen


LOWER: Table = {
    nodes.Num: lambda low, e, frame: Number(e.value),
    nodes.Const: lambda low, e, frame: Constant(e.name),
    nodes.Size: lambda low, e, frame: low.scope.size(e.dim),
    nodes.Idx: lambda low, e, frame: arange(low, e.index),
    nodes.Mod: _mod,
    nodes.Ref: _ref,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Delta: _selecting,
    nodes.Bracket: _selecting,
    nodes.Reduce: reduction,
    nodes.Mul: _mul,
    nodes.Add: _add,
}
