"""Expr → a piece of NumPy, aligned to a frame: the ordered real axes of the statement that it stands in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ...errors import NotSupportedError
from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.text import factor_order, factors_of, term_order
from ...index.walk import walk
from ...schedule.shapes import is_contraction
from .pieces import (
    ADD,
    ATOM,
    BITS,
    COMPARE,
    MUL,
    NEGATIVE,
    POWER,
    Axes,
    Piece,
    align,
    merge,
    number,
    stripped,
    union,
)
from .scope import Scope

NATIVE = {
    name: f"np.{name}"
    for name in (
        "exp", "log", "log1p", "expm1", "tanh", "sinh", "cosh", "sin", "cos", "tan", "arcsin", "arccos", "arctan",
        "arcsinh", "arccosh", "arctanh", "logaddexp", "arctan2", "abs", "sign", "floor", "ceil", "maximum", "minimum")
} | {"round": "np.rint", "sigmoid": "_sigmoid", "erf": "_erf", "erfc": "_erfc"}  # fmt: skip
HELPERS = {"_sigmoid": (), "_erf": (), "_erfc": ("_erf",)}
_RELATION = {"gt": ">", "ge": ">=", "eq": "=="}
_OPPOSITE = {"gt": "<=", "ge": "<", "eq": "!="}


class Printer:
    """Writes expressions for one procedure."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def write(self, expr: Expr, frame: Axes) -> Piece:
        """The expression as a piece that broadcasts against the frame."""
        return align(_WRITE[type(expr)](self, expr, frame), frame, self.scope.axis)

    def pattern(self, expr: Expr) -> Axes:
        """The axes that the value of an expression has where nothing is moved."""
        if isinstance(expr, nodes.Ref):
            if not expr.args or self.scope.is_plain(expr):
                return self.scope.axes(expr)
            return _ref(self, expr, merge([self.pattern(a) for a in expr.args])).axes
        if isinstance(expr, nodes.Idx):
            return (expr.index,)
        if is_contraction(expr):
            return tuple(sorted(expr.free, key=lambda i: (not i.dim.is_batch, _place(expr, i))))
        if isinstance(expr, nodes.Reduce):
            inner = merge([self.pattern(expr.args[0])])
            return stripped(tuple(None if a in expr.bound else a for a in inner))
        return merge([self.pattern(a) for a in sorted(expr.args, key=factor_order)])

    def floats(self, piece: Piece) -> Piece:
        """A piece of real numbers: integers and truth values get the dtype of the arrays, so that float32 stays."""
        if piece.kind in ("float", "python"):
            return piece
        return Piece(f"{piece.atom()}.astype({self.scope.dtype})", ATOM, piece.axes)


def _place(expr: Expr, index: Index) -> tuple[int, Index]:
    """Where an index of a contraction reads best: before the summed index in the left operand, after it in the right."""
    for ref in sorted((n for n in walk(expr) if isinstance(n, nodes.Ref)), key=factor_order):
        if nodes.idx(index) in ref.args:
            return ref.args.index(nodes.idx(index)), index
    return 0, index


def _ref(printer: Printer, expr: nodes.Ref, frame: Axes) -> Piece:
    scope = printer.scope
    if expr.tensor.name in scope.scalars:
        return Piece(expr.tensor.name, ATOM, (), "python")
    if not scope.is_plain(expr):
        from .indexing import gather  # the two rooms call each other: an index may be any expression

        return gather(printer, expr, frame)
    kind = "integer" if expr.tensor.domain.is_label else "float"
    return Piece(expr.tensor.name, ATOM, scope.axes(expr), kind)


def _index(printer: Printer, expr: nodes.Idx, frame: Axes) -> Piece:
    from .indexing import arange

    return arange(printer, expr.index, frame)


def _num(printer: Printer, expr: nodes.Num, frame: Axes) -> Piece:
    return number(literal(expr.value))


def literal(value: Fraction) -> str:
    """A number as short as Python reads it back: 2, 0.5, 0.044715, 1e-05."""
    if value.denominator == 1 and abs(value.numerator) < 10**6:
        return str(value.numerator)
    return repr(float(value))


def _is_decimal(value: Fraction) -> bool:
    """True where the decimal reads better than the fraction: 0.5 and 0.044715, but 1/3."""
    return len(repr(float(value))) <= 8 or value.denominator > 64


def constant(expr: Expr, printer: Printer) -> bool:
    """True for an expression of numbers, sizes and parameters alone: a Python number while the code runs."""
    return all(
        isinstance(n, (nodes.Num, nodes.Const, nodes.Size, nodes.Add, nodes.Mul, nodes.Pow))
        or (isinstance(n, nodes.Ref) and n.tensor.name in printer.scope.scalars)
        for n in walk(expr)
    )


def _pow(printer: Printer, expr: nodes.Pow, frame: Axes) -> Piece:
    base, exponent = expr.args
    if isinstance(exponent, nodes.Num) and exponent.value < 0:
        return _quotient(printer, Fraction(1), [expr], frame)
    inner = printer.floats(printer.write(base, frame))
    if exponent is nodes.HALF and inner.kind != "python":
        return Piece(f"np.sqrt({inner.code})", ATOM, inner.axes, inner.kind)
    power = printer.floats(printer.write(exponent, frame))
    kind = "python" if inner.kind == power.kind == "python" else "float"
    code = f"{inner.at(ATOM)} ** {power.at(NEGATIVE)}"
    if _is_simple(inner.code) and _is_simple(power.code):
        code = code.replace(" ** ", "**")
    return Piece(code, POWER, union([inner, power]), kind)


def _is_simple(code: str) -> bool:
    """What ruff's formatter writes without spaces around `**`."""
    bare = code.removeprefix("-")
    return all(part.isidentifier() for part in bare.split(".")) or bare.replace(".", "", 1).isdigit()


def _call(printer: Printer, expr: nodes.Call, frame: Axes) -> Piece:
    pieces = [printer.floats(printer.write(a, frame)) for a in expr.args]
    name = NATIVE.get(expr.function)
    if name is None:
        raise NotSupportedError(
            f"the numpy target cannot write the function '{expr.function}'; add it to targets/numpy/printer.py"
        )
    if name in HELPERS:
        printer.scope.helpers.update((name, *HELPERS[name]))
    code = f"{name}({', '.join(p.code for p in pieces)})"
    if all(p.kind == "python" for p in pieces):
        return Piece(f"float({code})", ATOM, (), "python")  # a NumPy scalar would turn float32 into float64
    return Piece(code, ATOM, union(pieces))


def condition(printer: Printer, factor: Expr, frame: Axes) -> Piece | None:
    """A factor that selects: a bracket, a δ, or one minus either; None for any other factor."""
    negated = False
    if isinstance(factor, nodes.Add) and len(factor.args) == 2 and nodes.ONE in factor.args:
        other = next(a for a in factor.args if a is not nodes.ONE)
        count, rest = nodes.coefficient(other)
        if count == -1 and isinstance(rest, (nodes.Bracket, nodes.Delta)):
            factor, negated = rest, True
    if not isinstance(factor, (nodes.Bracket, nodes.Delta)):
        return None
    relation = factor.relation if isinstance(factor, nodes.Bracket) else "eq"
    left, right = factor.args
    if isinstance(left, (nodes.Num, nodes.Const)):
        left, right, mirrored = right, left, True
    else:
        mirrored = False
    sign = (_OPPOSITE if negated else _RELATION)[relation]
    if mirrored:
        sign = sign.translate(str.maketrans("<>", "><"))
    pieces = [printer.write(left, frame), printer.write(right, frame)]
    return Piece(f"{pieces[0].at(BITS)} {sign} {pieces[1].at(BITS)}", COMPARE, union(pieces), "bool")


def both(conditions: list[Piece]) -> Piece:
    """Where every condition holds."""
    if len(conditions) == 1:
        return conditions[0]
    return Piece(" & ".join(c.at(ADD) for c in conditions), BITS, union(conditions), "bool")


def _mul(printer: Printer, expr: Expr, frame: Axes) -> Piece:
    from .reductions import mean  # a mean is a product with a sum

    found = mean(printer, expr, frame)
    if found is not None:
        return found
    count, rest = nodes.coefficient(expr)
    factors = list(factors_of(rest)) if rest is not nodes.ONE else []
    conditions = [c for c in (condition(printer, f, frame) for f in factors) if c is not None]
    if not conditions:
        return _quotient(printer, count, factors, frame)
    others = [f for f in factors if condition(printer, f, frame) is None]
    chosen = both(conditions)
    if not others and count == 1:
        return chosen
    value = _quotient(printer, count, others, frame)
    return select(printer, chosen, value, number("0"))


def select(printer: Printer, chosen: Piece, then: Piece, otherwise: Piece) -> Piece:
    """`np.where`, in floating point."""
    pieces = [chosen, then, otherwise]
    code = f"np.where({', '.join(p.code for p in pieces)})"
    kind = "float" if any(p.kind == "float" for p in (then, otherwise)) else "integer"
    return printer.floats(Piece(code, ATOM, union(pieces), kind))


def _quotient(printer: Printer, count: Fraction, factors: list[Expr], frame: Axes) -> Piece:
    """count · factors as `a * b / (c * d)`."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in sorted(factors, key=factor_order):
        base, exponent = nodes.base_exp(factor)
        negative = isinstance(exponent, nodes.Num) and exponent.value < 0
        (below if negative else above).append(
            nodes.power(base, nodes.mul(nodes.MINUS_ONE, exponent)) if negative else factor
        )
    sign, size = ("-" if count < 0 else ""), abs(count)
    top = [printer.write(f, frame) for f in above]
    bottom = [printer.write(f, frame) for f in below]
    if size.denominator == 1 or _is_decimal(size):
        top = top if size == 1 and top else [number(literal(size)), *top]
    else:
        top = top if size.numerator == 1 and top else [number(str(size.numerator)), *top]
        bottom = [number(str(size.denominator)), *bottom]
    if len(top) + len(bottom) == 1:
        return Piece(sign + top[0].at(NEGATIVE), NEGATIVE, top[0].axes, top[0].kind) if sign else top[0]
    top, bottom = ([printer.floats(p) for p in pieces] for pieces in (top, bottom))
    code = " * ".join(p.at(MUL if n == 0 else NEGATIVE) for n, p in enumerate(top))
    if bottom:
        product = " * ".join(p.at(NEGATIVE) for p in bottom)
        code += f" / {bottom[0].at(NEGATIVE) if len(bottom) == 1 else f'({product})'}"
    pieces = top + bottom
    kind = "python" if all(p.kind == "python" for p in pieces) else "float"
    return Piece(sign + code, MUL, union(pieces), kind)


def _add(printer: Printer, expr: nodes.Add, frame: Axes) -> Piece:
    chosen = condition(printer, expr, frame)
    if chosen is not None:
        return chosen
    terms = sorted(expr.args, key=term_order)
    written: list[tuple[bool, Piece]] = []
    while terms:
        term = terms.pop(0)
        partner = next((t for t in terms if _complement(term, t)), None)
        if partner is not None:
            terms.remove(partner)
            written.append((False, _either(printer, term, partner, frame)))
            continue
        count, _ = nodes.coefficient(term)
        written.append((count < 0, printer.write(-term if count < 0 else term, frame)))
    return _joined(printer, written)


def _joined(printer: Printer, written: list[tuple[bool, Piece]]) -> Piece:
    pieces = [p for _, p in written]
    if len(pieces) == 1:
        return pieces[0]
    if not any(p.kind == "float" for p in pieces):
        written = [(negative, printer.floats(p)) for negative, p in written]
    elif any(p.kind == "integer" for p in pieces) or written[0][0]:
        written = [(negative, printer.floats(p)) for negative, p in written]
    kinds = {p.kind for _, p in written}
    code = ""
    for negative, piece in written:
        if not code:
            code = f"-{piece.at(NEGATIVE)}" if negative else piece.at(ADD)
        else:
            code += f" - {piece.at(MUL)}" if negative else f" + {piece.at(MUL)}"
    return Piece(code, ADD, union(pieces), "python" if kinds == {"python"} else "float")


def _selector(term: Expr) -> nodes.Bracket | None:
    brackets = [f for f in factors_of(term) if isinstance(f, nodes.Bracket)]
    return brackets[0] if len(brackets) == 1 else None


def _complement(a: Expr, b: Expr) -> bool:
    """True for `[u > v] A` and `[v ≥ u] B`: one of the two always holds."""
    first, second = _selector(a), _selector(b)
    if first is None or second is None or {first.relation, second.relation} != {"gt", "ge"}:
        return False
    return first.args == second.args[::-1]


def _either(printer: Printer, a: Expr, b: Expr, frame: Axes) -> Piece:
    """`np.where(condition, A, B)`, asked in the strict way."""
    if _selector(a).relation == "ge":  # type: ignore[union-attr]
        a, b = b, a
    bracket = _selector(a)
    chosen = condition(printer, bracket, frame)  # type: ignore[arg-type]
    rests = [nodes.mul(*(f for f in factors_of(t) if f is not _selector(t))) for t in (a, b)]
    then, otherwise = (printer.floats(printer.write(r, frame)) for r in rests)
    return select(printer, chosen, then, otherwise)  # type: ignore[arg-type]


def _bracket(printer: Printer, expr: Expr, frame: Axes) -> Piece:
    chosen = condition(printer, expr, frame)
    assert chosen is not None
    return chosen


def _reduce(printer: Printer, expr: nodes.Reduce, frame: Axes) -> Piece:
    from .reductions import reduction

    return reduction(printer, expr, frame)


_CONSTANTS = {"pi": "np.pi", "inf": "np.inf"}
_WRITE: dict[type[Expr], Callable[[Printer, Any, Axes], Piece]] = {
    nodes.Num: _num,
    nodes.Const: lambda p, e, frame: number(_CONSTANTS[e.name]),
    nodes.Size: lambda p, e, frame: Piece(code := p.scope.size(e.dim), MUL if " " in code else ATOM, (), "python"),
    nodes.Idx: _index,
    nodes.Ref: _ref,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Delta: _bracket,
    nodes.Bracket: _bracket,
    nodes.Reduce: _reduce,
    nodes.Mul: _mul,
    nodes.Add: _add,
}
