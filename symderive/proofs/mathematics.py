"""Expr → typeset mathematics: `o_i (g_i - Σ_j o_j g_j)`, with the factors and terms in the order of
a plain line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction as Ratio
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import (
    ADD,
    ATOM,
    MUL,
    POW,
    factor_order,
    factors_of,
    readable_names,
    term_order,
)
from ..index.walk import walk
from .layout import (
    COMMA,
    MINUS,
    PLUS,
    Big,
    Fence,
    Fraction,
    Gap,
    Layout,
    Root,
    Script,
    Symbol,
    is_wordy,
    joined,
    number,
    row,
)
from .names import Names, readable

Letters = Mapping[Index, str]


@dataclass(frozen=True)
class Written:
    """A written piece: its sign, its layout without the sign, and how tightly it holds together."""

    layout: Layout
    binding: int = ATOM
    negative: bool = False

    @property
    def signed(self) -> Layout:
        """The layout with its sign."""
        return row(MINUS, self.layout) if self.negative else self.layout

    def held(self, tight: int) -> Layout:
        """The layout, in brackets where it is looser than `tight`."""
        loose = self.binding < tight or self.negative
        return Fence(self.signed) if loose else self.layout


def typeset(expr: Expr, names: Names, letters: Letters | None = None) -> Layout:
    """The expression as a layout. letters: names for its free indices, where they differ from the
    indices' own."""
    return _Writer(names).write(expr, readable(expr.free, letters)).signed


class _Writer:
    def __init__(self, names: Names) -> None:
        self.names = names

    def write(self, expr: Expr, letters: Letters) -> Written:
        return _WRITE[type(expr)](self, expr, letters)

    def held(self, expr: Expr, letters: Letters, tight: int) -> Layout:
        return self.write(expr, letters).held(tight)

    def plain(self, expr: Expr, letters: Letters) -> Layout:
        return self.write(expr, letters).signed


def _num(w: _Writer, expr: nodes.Num, letters: Letters) -> Written:
    value = abs(expr.value)
    if value.denominator == 1:
        layout: Layout = number(value.numerator)
    elif value.denominator <= 64:
        layout = Fraction(number(value.numerator), number(value.denominator))
    else:
        return Written(_decimal(value), ATOM, expr.value < 0)
    return Written(layout, ATOM, expr.value < 0)


def _decimal(value: Ratio) -> Layout:
    """0.044715, or 1·10⁻⁵ where a decimal would be long."""
    mantissa, _, exponent = repr(float(value)).partition("e")
    if not exponent:
        return number(mantissa)
    ten = Script(
        number(10),
        above=row(
            *([MINUS] if exponent.startswith("-") else []), number(int(exponent.lstrip("+-")))
        ),
    )
    return ten if float(mantissa) == 1 else row(number(mantissa), Symbol("·", "operator"), ten)


def scientific(value: float) -> Layout:
    """A measured figure with two digits: 0.64, 8.4·10⁻¹⁷."""
    if value != value or abs(value) == float("inf"):
        return Symbol("∞" if value == value else "NaN", "upright")
    return number(int(value)) if value == int(value) else _decimal(Ratio(f"{value:.2g}"))


def _index(w: _Writer, expr: nodes.Idx, letters: Letters) -> Written:
    written = letters.get(expr.index, expr.index.letter)
    return Written(w.names.index(written) or Symbol("r"))


def _ref(w: _Writer, expr: nodes.Ref, letters: Letters) -> Written:
    return Written(w.names.element(expr.tensor.name, [_place(w, a, letters) for a in expr.args]))


def _place(w: _Writer, arg: Expr, letters: Letters) -> Layout | None:
    """An index of an element; None for the leading axes where they are left out."""
    if isinstance(arg, nodes.Idx):
        return w.names.index(letters.get(arg.index, arg.index.letter))
    return _around(w, arg, letters) if isinstance(arg, nodes.Mod) else w.plain(arg, letters)


def _power(w: _Writer, expr: nodes.Pow, letters: Letters) -> Written:
    base, exp = expr.args
    if exp is nodes.HALF:
        return Written(Root(w.plain(base, letters)))
    if isinstance(exp, nodes.Num) and exp.value < 0:
        return Written(
            Fraction(number(1), w.plain(nodes.power(base, nodes.num(-exp.value)), letters))
        )
    above = w.plain(exp, letters)
    whole = isinstance(exp, nodes.Num) and exp.value.denominator == 1
    if whole and isinstance(base, nodes.Call) and base.function not in _BETWEEN:
        raised = Script(function_name(base.function), above=above)  # tanh² x
        return Written(_applied(w, raised, base.args, letters), POW)
    held = w.held(base, letters, ATOM)
    if isinstance(held, Script) and held.above is None:
        return Written(Script(held.base, held.below, above), POW)
    return Written(Script(Fence(held) if isinstance(held, Fraction) else held, above=above), POW)


def _upright(name: str) -> Symbol:
    return Symbol(name, "upright")


_NAMED: dict[str, Layout] = {"maximum": _upright("max"), "minimum": _upright("min")}


def function_name(function: str) -> Layout:
    """How a function is called in print."""
    return _NAMED.get(function) or _upright(function)


_BETWEEN: dict[str, tuple[str, str]] = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}


def _call(w: _Writer, expr: nodes.Call, letters: Letters) -> Written:
    if expr.function in _BETWEEN:
        return Written(Fence(w.plain(expr.args[0], letters), *_BETWEEN[expr.function]))
    return Written(_applied(w, function_name(expr.function), expr.args, letters))


def _applied(w: _Writer, function: Layout, args: tuple[Expr, ...], letters: Letters) -> Layout:
    return row(function, Fence(joined([w.plain(a, letters) for a in args], COMMA)))


def _mod(w: _Writer, expr: nodes.Mod, letters: Letters) -> Written:
    return Written(Fence(_around(w, expr, letters)))


def _around(w: _Writer, expr: nodes.Mod, letters: Letters) -> Layout:
    """k mod n, without parentheses: as an index they are not needed."""
    place, length = (w.plain(a, letters) for a in expr.args)
    plain = place if isinstance(expr.args[0], nodes.Idx) else Fence(place)
    return row(plain, Symbol("mod", "operator"), length)


_TURNED = {">": "<", "≥": "≤", "=": "=", "≠": "≠"}
_RELATION = {"gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}


def _bracket(w: _Writer, expr: nodes.Bracket, letters: Letters) -> Written:
    left, right = (w.plain(a, letters) for a in expr.args)
    relation = _RELATION[expr.relation]
    if expr.args[1].tensors and not expr.args[0].tensors and not expr.args[0].free:
        left, right, relation = right, left, _TURNED[relation]  # what varies stands on the left
    return Written(Fence(row(left, Symbol(relation, "relation"), right), "[", "]"))


def _delta(w: _Writer, expr: nodes.Delta, letters: Letters) -> Written:
    sides = sorted(expr.args, key=lambda side: _delta_order(side, letters))
    places = [_place(w, side, letters) or Symbol("r") for side in sides]
    return Written(Script(Symbol("δ"), below=w.names.subscript(places)))


def _delta_order(side: Expr, letters: Letters) -> tuple[bool, str]:
    """Index variables by their letters, anything else after them."""
    if isinstance(side, nodes.Idx):
        return False, letters.get(side.index, side.index.letter)
    return True, str(side)


_BIG = {"sum": "Σ", "prod": "Π", "max": "max", "min": "min"}


def _reduce(w: _Writer, expr: nodes.Reduce, letters: Letters) -> Written:
    inner = readable_names(expr.bound, expr.args[0], dict(letters))
    below = w.names.subscript([w.names.index(inner[b]) for b in expr.bound])
    body = w.write(expr.args[0], inner)
    outside = expr.op == "sum" and body.negative and body.binding >= MUL  # Σ -a is -Σ a
    held = body.layout if outside else body.held(MUL)
    return Written(row(Big(_BIG[expr.op], below or Symbol("r")), held), MUL, outside)


def _mul(w: _Writer, expr: nodes.Mul, letters: Letters) -> Written:
    count, rest = nodes.coefficient(expr)
    above, below = _split(rest)
    size = abs(count)
    if size.denominator > 64:
        above.insert(0, nodes.num(size))
        size = Ratio(1)
    below = [nodes.num(size.denominator), *below] if size.denominator > 1 else below
    sums: list[Expr] = [f for f in above if isinstance(f, (nodes.Reduce, nodes.Add))]
    beside = sums if below else []
    if size.numerator == 1 and above == beside and _is_short(above):
        beside = []  # a short sum reads better on top of the line than beside it
    top = [f for f in above if f not in beside]
    if size.numerator > 1 or (not top and below):
        top.insert(0, nodes.num(size.numerator))
    written = _product(w, top, letters, lone=bool(below))
    negative = (count < 0) != written.negative
    if not below:
        return Written(written.layout, MUL, negative)
    fraction = Fraction(written.layout, _product(w, below, letters, lone=True).signed)
    if not beside:
        return Written(fraction, MUL if negative else POW, negative)
    right = _product(w, beside, letters)
    return Written(row(fraction, Gap(), right.layout), MUL, negative != right.negative)


def _is_short(factors: list[Expr]) -> bool:
    """True for a single sum of two plain terms."""
    if len(factors) != 1 or not isinstance(factors[0], nodes.Add) or len(factors[0].args) > 2:
        return False
    return not any(isinstance(node, (nodes.Reduce, nodes.Pow)) for node in walk(factors[0]))


def _split(rest: Expr) -> tuple[list[Expr], list[Expr]]:
    """The factors above and below the line of a fraction, in reading order."""
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in sorted(factors_of(rest), key=factor_order):
        base, exp = nodes.base_exp(factor)
        if isinstance(exp, nodes.Num) and exp.value < 0:
            below.append(nodes.power(base, nodes.num(-exp.value)))
        else:
            above.append(factor)
    return above, below


def _product(w: _Writer, factors: list[Expr], letters: Letters, lone: bool = False) -> Written:
    """Factors side by side; a sum stands without brackets only at the end, and alone needs none at
    all."""
    if lone and len(factors) == 1:
        piece = w.write(factors[0], letters)
        return piece if piece.binding >= MUL else Written(piece.signed)
    last = len(factors) - 1
    parts: list[Layout] = []
    negative = False
    for n, factor in enumerate(factors):
        piece = w.write(factor, letters)
        if isinstance(factor, nodes.Reduce) and piece.negative:
            negative, piece = not negative, replace(piece, negative=False)
        held = piece.held(MUL if isinstance(factor, nodes.Reduce) and n == last else POW)
        thin = isinstance(factor, (nodes.Call, nodes.Reduce, nodes.Pow, nodes.Num))
        thin = bool(parts) and (thin or is_wordy(held) or is_wordy(parts[-1]))
        parts += [Gap(), held] if thin else [held]
    return Written(row(*parts), MUL, negative)


def _add(w: _Writer, expr: nodes.Add, letters: Letters) -> Written:
    parts: list[Layout] = []
    for term in sorted(expr.args, key=term_order):
        piece = w.write(term, letters)
        body = Fence(piece.layout) if piece.binding < MUL else piece.layout
        parts += [MINUS if piece.negative else PLUS, body] if parts else [piece.signed]
    return Written(row(*parts), ADD)


_WRITE: dict[type[Expr], Callable[[_Writer, Any, Letters], Written]] = {
    nodes.Num: _num,
    nodes.Const: lambda w, e, letters: Written(Symbol({"pi": "π", "inf": "∞"}[e.name])),
    nodes.Size: lambda w, e, letters: Written(w.names.length(e.dim)),
    nodes.Idx: _index,
    nodes.Mod: _mod,
    nodes.Ref: _ref,
    nodes.Pow: _power,
    nodes.Call: _call,
    nodes.Delta: _delta,
    nodes.Bracket: _bracket,
    nodes.Reduce: _reduce,
    nodes.Mul: _mul,
    nodes.Add: _add,
}
