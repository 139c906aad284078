"""Numbers, powers, functions, products and sums, with as few parentheses as Python allows."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ...index import nodes
from ...index.functions import FUNCTIONS
from ...index.nodes import Expr
from ...index.text import factor_order, factors_of, term_order
from ...index.walk import walk
from ..base import spelled_out
from .indexing import arange, gather
from .pieces import ADD, ATOM, MUL, NEGATIVE, POWER, Axes, Piece, number, union
from .printer import Printer, Table
from .reductions import mean, reduction
from .segments import concatenated
from .selection import both, complement, condition, either, select, stacked

OWN = frozenset((
    "sigmoid", "erf", "erfc", "erfcx", "log_ndtr", "log1mexp", "xlogy", "xlog1py", "entr",
    "rel_entr", "kl_div",
))  # fmt: skip
HELPERS = {
    "_sigmoid": ("_sigmoid",),
    "_erf": ("_erf_parts", "_erf"),
    "_erfc": ("_erf_parts", "_erfc"),
    "_erfcx": ("_erf_parts", "_erfcx"),
    "_log_ndtr": ("_erf_parts", "_erfc", "_erfcx", "_log_ndtr"),
    "_log1mexp": ("_log1mexp",),
    "_xlogy": ("_xlogy",),
    "_xlog1py": ("_xlog1py",),
    "_entr": ("_entr",),
    "_rel_entr": ("_rel_entr",),
    "_kl_div": ("_rel_entr", "_kl_div"),
}
_CONSTANTS = {"pi": "np.pi", "inf": "np.inf"}


def literal(value: Fraction) -> str:
    """A number as short as Python reads it back: 2, 0.5, 0.044715, 1e-05."""
    if value.denominator == 1 and abs(value.numerator) < 10**6:
        return str(value.numerator)
    return repr(float(value))


def _is_decimal(value: Fraction) -> bool:
    """True where the decimal reads better than the fraction: 0.5 and 0.044715, but 1/3."""
    return len(repr(float(value))) <= 8 or value.denominator > 64


def _num(printer: Printer, expr: nodes.Num, frame: Axes) -> Piece:
    return number(literal(expr.value))


def _size(printer: Printer, expr: nodes.Size, frame: Axes) -> Piece:
    code = printer.scope.size(expr.dim)
    return Piece(code, MUL if " " in code else ATOM, (), "python")


def _mod(printer: Printer, expr: nodes.Mod, frame: Axes) -> Piece:
    place, length = (printer.write(a, frame) for a in expr.args)
    return Piece(f"{place.at(POWER)} % {length.at(POWER)}", MUL, place.axes, "integer")


def _ref(printer: Printer, expr: nodes.Ref, frame: Axes) -> Piece:
    scope = printer.scope
    if expr.tensor.name in scope.scalars:
        return Piece(expr.tensor.name, ATOM, (), "python")
    if not scope.is_plain(expr):
        return gather(printer, expr, frame)
    kind = "integer" if expr.tensor.domain.is_label else "float"
    return Piece(expr.tensor.name, ATOM, scope.axes(expr), kind)


def _pow(printer: Printer, expr: nodes.Pow, frame: Axes) -> Piece:
    base, exponent = expr.args
    if isinstance(exponent, nodes.Num) and exponent.value < 0:
        return _quotient(printer, Fraction(1), [expr], frame)
    inner = printer.floats(printer.write(base, frame))
    if exponent is nodes.HALF and inner.kind != "python":
        return Piece(f"np.sqrt({inner.code})", ATOM, inner.axes, inner.kind)
    power = printer.floats(printer.write(exponent, frame))
    if power.code == "3" and _is_simple(inner.code) and inner.kind != "python":
        return Piece(f"{inner.code}**2 * {inner.code}", MUL, inner.axes, inner.kind)  # x**3 is slow
    kind = "python" if inner.kind == power.kind == "python" else "float"
    code = f"{inner.at(ATOM)} ** {power.at(NEGATIVE)}"
    if _is_simple(inner.code) and _is_simple(power.code):
        code = code.replace(" ** ", "**")
    return Piece(code, POWER, union([inner, power]), kind)


def _is_simple(code: str) -> bool:
    """What ruff's formatter writes without spaces around `**`."""
    bare = code.removeprefix("-")
    return (
        all(part.isidentifier() for part in bare.split(".")) or bare.replace(".", "", 1).isdigit()
    )


def _name(function: str) -> str:
    """A helper of the module, or NumPy's function; "" where there is none."""
    own = FUNCTIONS[function].called("numpy")
    if function in OWN:
        return f"_{function}"
    return f"np.{own}" if own and isinstance(own, str) else ""


def _call(printer: Printer, expr: nodes.Call, frame: Axes) -> Piece:
    name = _name(expr.function)
    if not name:
        return printer.write(spelled_out(expr, "numpy"), frame)
    pieces = [printer.floats(printer.write(a, frame)) for a in expr.args]
    printer.scope.helpers.update(HELPERS.get(name, ()))
    alone = all(p.kind == "python" for p in pieces)
    given = [f"np.float64({p.code})" if alone and name in HELPERS else p.code for p in pieces]
    code = f"{name}({', '.join(given)})"
    if alone:
        return Piece(
            f"float({code})", ATOM, (), "python"
        )  # a NumPy scalar would turn float32 into float64
    return Piece(code, ATOM, union(pieces))


def _mul(printer: Printer, expr: Expr, frame: Axes) -> Piece:
    found = mean(printer, expr, frame)
    if found is not None:
        return found
    count, rest = nodes.coefficient(expr)
    factors = list(factors_of(rest)) if rest is not nodes.ONE else []
    written = {f: condition(printer, f, frame) for f in factors}
    conditions = [c for c in written.values() if c is not None]
    others = [f for f, c in written.items() if c is None]
    if not conditions:
        return _quotient(printer, count, factors, frame)
    if not others and count == 1:
        return both(conditions)
    guarded = _guarded(printer, count, factors, frame)
    if guarded is not None:
        return guarded
    return select(printer, both(conditions), _quotient(printer, count, others, frame), number("0"))


def _guarded(printer: Printer, count: Fraction, factors: list[Expr], frame: Axes) -> Piece | None:
    """[r > 0] a / r as np.divide(a, r, out=zeros, where=r > 0), which divides by no 0 at all."""
    roots = [r for r in factors if isinstance(r, nodes.Pow) and r.args[1] is nodes.MINUS_ONE]
    if len(roots) != 1 or not isinstance(roots[0].args[0], nodes.Ref):
        return None
    root = roots[0].args[0]
    above = [f for f in factors if f not in (roots[0], nodes.bracket("gt", root, nodes.ZERO))]
    if len(above) != len(factors) - 2 or any(_divides_or_chooses(f) for f in above):
        return None
    under, over = printer.write(root, frame), _quotient(printer, count, above, frame)
    if not under.axes or not set(over.axes) <= set(under.axes) or under.binding != ATOM:
        return None
    code = f"{over.code}, {under.code}, out=np.zeros_like({under.code}), where={under.code} > 0"
    return Piece(f"np.divide({code})", ATOM, under.axes, "float")


def _divides_or_chooses(factor: Expr) -> bool:
    exponent = nodes.base_exp(factor)[1]
    chooses = isinstance(factor, (nodes.Bracket, nodes.Delta))
    return chooses or (isinstance(exponent, nodes.Num) and exponent.value < 0)


def _quotient(printer: Printer, count: Fraction, factors: list[Expr], frame: Axes) -> Piece:
    """count · factors as `a * b / (c * d)`."""
    above, below = _above_and_below(factors)
    sign, size = ("-" if count < 0 else ""), abs(count)
    top = [printer.write(f, frame) for f in above]
    bottom = _lengths(printer, below) + [
        printer.write(f, frame) for f in below if not isinstance(f, nodes.Size)
    ]
    if size.denominator == 1 or _is_decimal(size):
        top = top if size == 1 and top else [number(literal(size)), *top]
    else:
        top = top if size.numerator == 1 and top else [number(str(size.numerator)), *top]
        bottom = [number(str(size.denominator)), *bottom]
    if len(top) + len(bottom) == 1:
        return negative(top[0]) if sign else top[0]
    top, bottom = ([printer.floats(p) for p in pieces] for pieces in (top, bottom))
    top = _new_array_early(top)
    first = _after_a_sign(top[0], MUL) if sign else top[0].at(MUL)
    code = " * ".join([first, *(p.at(NEGATIVE) for p in top[1:])])
    pieces = top + bottom
    kinds = {p.kind for p in pieces}
    product = " * ".join(p.at(NEGATIVE) for p in bottom)
    if bottom and kinds == {"python"} and any(_counts(f) for f in below):
        return Piece(f"{sign}_ratio({code}, {product})", NEGATIVE if sign else ATOM, (), "python")
    if bottom:
        code += f" / {product if len(bottom) == 1 else f'({product})'}"
    kind = (
        "python"
        if kinds == {"python"}
        else "integer"
        if printer.exact and "integer" in kinds
        else "float"
    )
    return Piece(sign + code, MUL, union(pieces), kind)


def _counts(expr: Expr) -> bool:
    return any(isinstance(n, nodes.Size) for n in walk(expr))


def _new_array_early(pieces: list[Piece]) -> list[Piece]:
    """`dy * (1 - y) * y` for `dy * y * (1 - y)`: NumPy then goes on in the memory of `1 - y`."""
    new = [p for p in pieces if p.kind == "float" and p.axes and p.binding == ADD]
    if len(new) != 1 or pieces.index(new[0]) < 2:
        return pieces
    rest = [p for p in pieces if p is not new[0]]
    wide = [n for n, p in enumerate(rest) if len(p.axes) == len(new[0].axes)]
    place = wide[0] + 1 if wide else len(rest)
    return [*rest[:place], new[0], *rest[place:]]


def _lengths(printer: Printer, factors: list[Expr]) -> list[Piece]:
    """The lengths among the factors; all the lengths of one array are its size."""
    dims = [f.dim for f in factors if isinstance(f, nodes.Size)]
    whole = printer.scope.with_dims(dims) if len(dims) > 1 else None
    if whole is not None:
        return [Piece(f"{whole}.size", ATOM, (), "python")]
    return [printer.write(nodes.size(d), ()) for d in dims]


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


def negative(piece: Piece) -> Piece:
    """`-piece`."""
    if piece.kind == "python" and piece.code.replace(".", "").isdigit():
        return number(f"-{piece.code}")
    return Piece(f"-{_after_a_sign(piece, NEGATIVE)}", NEGATIVE, piece.axes, piece.kind)


def _after_a_sign(piece: Piece, binding: int) -> str:
    """The text behind a minus: a power in parentheses, as ruff's formatter has it."""
    return piece.at(ATOM if "**" in piece.code and piece.binding == POWER else binding)


def _add(printer: Printer, expr: nodes.Add, frame: Axes) -> Piece:
    whole = condition(printer, expr, frame) or stacked(printer, expr, frame)
    if whole is None and printer.scope.axis == "-1":
        whole = concatenated(printer, expr, frame)
    if whole is not None:
        return whole
    terms = sorted(expr.args, key=term_order)
    written: list[tuple[bool, Piece]] = []
    while terms:
        term = terms.pop(0)
        partner = next((t for t in terms if complement(term, t)), None)
        if partner is not None:
            terms.remove(partner)
            written.append((False, either(printer, term, partner, frame)))
            continue
        count, _ = nodes.coefficient(term)
        written.append((count < 0, printer.write(-term if count < 0 else term, frame)))
    return _joined(printer, written)


def _joined(printer: Printer, written: list[tuple[bool, Piece]]) -> Piece:
    kinds = {p.kind for _, p in written}
    if len(written) == 1:
        return written[0][1]
    if "float" not in kinds or "integer" in kinds or written[0][0]:
        written = [(minus, printer.floats(p)) for minus, p in written]
    else:  # NumPy adds truth values by `or`, and a truth value and a number to an integer
        first = next(n for n, (_, p) in enumerate(written) if p.kind == "float")
        if first > 1:
            ahead = [(minus, printer.floats(p)) for minus, p in written[:first]]
            written = [*ahead, *written[first:]]
    code = ""
    for minus, piece in written:
        if not code:
            code = negative(piece).code if minus else piece.at(ADD)
        else:
            code += f" - {piece.at(MUL)}" if minus else f" + {piece.at(MUL)}"
    kind = (
        "python"
        if kinds == {"python"}
        else "integer"
        if printer.exact and "integer" in kinds
        else "float"
    )
    return Piece(code, ADD, union([p for _, p in written]), kind)


def _selecting(printer: Printer, expr: Expr, frame: Axes) -> Piece:
    chosen = condition(printer, expr, frame)
    assert chosen is not None
    return chosen


WRITE: Table = {
    nodes.Num: _num,
    nodes.Const: lambda p, e, frame: number(_CONSTANTS[e.name]),
    nodes.Size: _size,
    nodes.Idx: lambda p, e, frame: arange(p, e.index),
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

Writer = Callable[[Printer, Any, Axes], Piece]
