"""Scalar expressions as C: as few parentheses as C allows, and no function that C does not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...arrays.elementwise import spelled_out
from ...errors import NotSupportedError
from ...index import nodes
from ...index.functions import FUNCTIONS
from ...index.nodes import Expr
from ...index.places import is_whole, outside
from ...index.text import factor_order, factors_of, shortest, term_order
from ...index.walk import walk

CHOICE, COMPARE, ADD, MUL, UNARY, ATOM = range(6)  # how tightly a written piece holds together
Written = tuple[str, int]

OWN = {
    "exp": "real_exp", "log": "real_log", "log1p": "real_log1p", "expm1": "real_expm1",
    "tanh": "real_tanh", "sigmoid": "real_sigmoid", "erf": "real_erf", "erfc": "real_erfc",
    "erfcx": "real_erfcx", "log_ndtr": "real_log_ndtr", "log1mexp": "real_log1mexp",
    "sign": "sign", "maximum": "larger", "minimum": "smaller", "logaddexp": "real_logaddexp",
    "heaviside": "heaviside", "remainder": "modulo", "floor_divide": "floor_divide",
    "xlogy": "xlogy", "xlog1py": "xlog1py", "entr": "entr", "rel_entr": "rel_entr",
    "kl_div": "kl_div",
}  # fmt: skip
HELPERS = {  # what each function needs, in the order in which helpers are defined
    "real_exp": ("exp",), "real_log": ("log",), "real_log1p": ("log", "log1p"),
    "real_expm1": ("exp", "expm1"), "real_tanh": ("exp", "expm1", "tanh"),
    "real_sigmoid": ("exp", "sigmoid"), "real_erfc": ("exp", "erfc"),
    "real_erf": ("exp", "erfc", "erf"), "sign": ("sign",), "larger": ("larger",),
    "smaller": ("larger",), "square": ("square",), "within": ("within",), "around": ("around",),
    "divided": ("divided",),
    "heaviside": ("heaviside",), "modulo": ("modulo",), "floor_divide": ("floor_divide",),
    "xlogy": ("log", "xlogy"), "xlog1py": ("log", "log1p", "xlog1py"), "entr": ("log", "entr"),
    "rel_entr": ("log", "log1p", "rel_entr"), "kl_div": ("log", "log1p", "rel_entr", "kl_div"),
    "real_erfcx": ("exp", "erfcx"), "real_log1mexp": ("exp", "expm1", "log", "log1p", "log1mexp"),
    "real_log_ndtr": ("exp", "log", "log1p", "erfc", "erfcx", "log_ndtr"),
    "real_logaddexp": ("exp", "log", "log1p", "logaddexp"),
}  # fmt: skip
_CONSTANTS = {"pi": "(real)3.14159265358979324", "inf": "INFINITY"}
_INFINITY = nodes.const("inf")
_RELATION = {"gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_OPPOSITE = {("gt", "ge"), ("ge", "gt")}


@dataclass
class Printer:
    """Writes expressions; told how to write elements, index variables and sizes."""

    element: Callable[[nodes.Ref], str]
    index: Callable[[nodes.Idx], str]
    size: Callable[[nodes.Size], str]
    helpers: set[str]
    divisor: Callable[[Expr], str | None]  # what the loop's own divisors are called
    known: tuple[Expr, ...] = ()  # conditions on sizes that hold everywhere
    chosen: int = 0  # how many choices what is being written stands under

    def places(self, ref: nodes.Ref) -> list[str]:
        """Where an element lies along each axis; never outside of it, whatever is read there.

        A condition beside it does not make a place safe: compilers read first and ask later.
        """
        written = [self.integer(a) for a in ref.args]
        for n in outside(ref, self.known):
            last = f"{self._integer(nodes.size(ref.tensor.dims[n]))[0]} - 1"
            written[n] = self.call("within", written[n], last)[0]
        return written

    def write(self, expr: Expr) -> str:
        """The expression as text."""
        return self.at(expr, CHOICE)

    def at(self, expr: Expr, level: int) -> str:
        """The expression, in parentheses where it holds together less tightly than `level`."""
        written, binding = _WRITE[type(expr)](self, expr)
        return written if binding >= level else f"({written})"

    def call(self, function: str, *args: str) -> Written:
        """A call of one of the helpers or of the C library."""
        self.helpers.update(HELPERS.get(function, ()))
        return f"{function}({', '.join(args)})", ATOM

    def integer(self, expr: Expr) -> str:
        """An index expression: whole numbers only."""
        return self._integer(expr)[0]

    def _integer(self, expr: Expr) -> Written:
        if isinstance(expr, nodes.Num) and expr.value.denominator == 1:
            return str(expr.value), ATOM if expr.value >= 0 else UNARY
        if isinstance(expr, nodes.Idx):
            return self.index(expr), ATOM
        if isinstance(expr, nodes.Size):
            return self.size(expr), ATOM
        if isinstance(expr, nodes.Ref):
            return self.element(expr), ATOM
        if isinstance(expr, nodes.Mod):
            return self._around(*expr.args)
        if isinstance(expr, (nodes.Add, nodes.Mul)):
            sign, level = (" + ", ADD) if isinstance(expr, nodes.Add) else (" * ", MUL)
            parts = [self._integer(a) for a in expr.args]
            return sign.join(w if b > level else f"({w})" for w, b in parts), level
        raise NotSupportedError(f"the c target cannot write the index {expr}")

    def _around(self, place: Expr, length: Expr) -> Written:
        """A place modulo a length: what is on the axis already, and how far it is moved."""
        terms = place.args if isinstance(place, nodes.Add) else (place,)
        own = (t for t in terms if isinstance(t, nodes.Idx) and nodes.size(t.index.dim) is length)
        on = next(own, nodes.ZERO)
        written = [self._integer(part)[0] for part in (on, place - on, length)]
        return self.call("around", *written)


def real(value: Fraction) -> Written:
    """A number that does not turn float into double."""
    if value.denominator == 1 and abs(value.numerator) < 2**24:
        return str(value.numerator), ATOM if value >= 0 else UNARY
    return f"(real){shortest(abs(value))}" if value > 0 else f"(real)-{shortest(-value)}", UNARY


def _num(printer: Printer, expr: nodes.Num) -> Written:
    return real(expr.value)


def _const(printer: Printer, expr: nodes.Const) -> Written:
    return _CONSTANTS[expr.name], UNARY


def _size(printer: Printer, expr: nodes.Size) -> Written:
    return f"(real){printer.size(expr)}", UNARY


def _idx(printer: Printer, expr: nodes.Idx) -> Written:
    return f"(real){printer.index(expr)}", UNARY


def _ref(printer: Printer, expr: nodes.Ref) -> Written:
    written = printer.element(expr)
    return (f"(real){written}", UNARY) if expr.tensor.domain.is_label else (written, ATOM)


def _pow(printer: Printer, expr: nodes.Pow) -> Written:
    base, exponent = expr.args
    if not isinstance(exponent, nodes.Num):
        return printer.call("pow", _argument(printer, base), _argument(printer, exponent))
    if exponent.value < 0:
        return f"1 / {printer.at(nodes.power(base, -exponent), UNARY)}", MUL
    if exponent is nodes.HALF:
        return printer.call("sqrt", _argument(printer, base))
    if exponent.value == 2:
        simple = isinstance(base, nodes.Ref)
        inner = printer.at(base, UNARY) if simple else printer.write(base)
        return (f"{inner} * {inner}", MUL) if simple else printer.call("square", inner)
    if exponent.value == 3:
        square = printer.at(nodes.power(base, nodes.num(2)), MUL)
        return f"{square} * {printer.at(base, UNARY)}", MUL
    if exponent.value == Fraction(3, 2):
        root = printer.at(nodes.sqrt(base), UNARY)
        return f"{printer.at(base, UNARY)} * {root}", MUL
    return printer.call("pow", _argument(printer, base), _argument(printer, exponent))


def _argument(printer: Printer, expr: Expr) -> str:
    """An argument of a function of many types: a number is a `real`, too."""
    written = printer.write(expr)
    return f"(real){written}" if isinstance(expr, nodes.Num) and "real" not in written else written


def has_name(function: str) -> bool:
    """True for a function that a helper or C's library has."""
    return bool(_name(function))


def _name(function: str) -> str:
    record = FUNCTIONS[function]
    return OWN.get(function) or record.c or record.library


def _call(printer: Printer, expr: nodes.Call) -> Written:
    name = _name(expr.function)
    if not name:
        form = spelled_out(expr)
        return _WRITE[type(form)](printer, form)
    return printer.call(name, *(_argument(printer, a) for a in expr.args))


def _selects(expr: Expr) -> bool:
    return isinstance(expr, (nodes.Bracket, nodes.Delta))


def _opposite(expr: Expr) -> Expr | None:
    """1 - δ(a, b) as [a ≠ b], which selects and does not multiply."""
    if not isinstance(expr, nodes.Add) or len(expr.args) != 2 or nodes.ONE not in expr.args:
        return None
    count, hit = nodes.coefficient(next(a for a in expr.args if a is not nodes.ONE))
    return nodes.bracket("ne", *hit.args) if count == -1 and isinstance(hit, nodes.Delta) else None


def condition(printer: Printer, expr: Expr) -> Written:
    """A bracket or δ as a comparison."""
    whole = isinstance(expr, nodes.Delta) or all(is_whole(a) for a in expr.args)
    relation = _RELATION[getattr(expr, "relation", "eq")]
    left, right = (printer._integer(a) if whole else _side(printer, a) for a in expr.args)
    return f"{left[0]} {relation} {right[0]}", COMPARE


def _side(printer: Printer, expr: Expr) -> Written:
    return printer.at(expr, ADD), ADD


def _bracket(printer: Printer, expr: Expr) -> Written:
    return f"(real)({condition(printer, expr)[0]})", UNARY


def _chosen(printer: Printer, conditions: list[Expr], then: Expr, otherwise: str) -> Written:
    test = " && ".join(condition(printer, c)[0] for c in conditions)
    printer.chosen += 1
    written = printer.at(then, COMPARE)
    printer.chosen -= 1
    return f"{test} ? {written} : {otherwise}", CHOICE


def _mul(printer: Printer, expr: nodes.Mul) -> Written:
    told = [_opposite(f) or f for f in expr.args]
    conditions = sorted(f for f in told if _selects(f))
    if conditions:
        rest = nodes.mul(*(f for f in told if not _selects(f)))
        return _chosen(printer, conditions, rest, "0")
    count, rest = nodes.coefficient(expr)
    above: list[Expr] = []
    below: list[Expr] = []
    fixed = [f for f in factors_of(rest) if _is_constant(f)]
    if fixed:  # one product with a number is cheaper than a quotient by a root
        count, rest = (
            count * _value(fixed),
            nodes.mul(*(f for f in factors_of(rest) if f not in fixed)),
        )
    for factor in sorted(factors_of(rest), key=factor_order):
        base, exponent = nodes.base_exp(factor)
        if isinstance(exponent, nodes.Num) and exponent.value < 0:
            below.append(nodes.power(base, -exponent))
        else:
            above.append(factor)
    sign, count = ("-", -count) if count < 0 else ("", count)
    number = [] if count == 1 and above else [real(count)[0]]
    top = " * ".join([*number, *(printer.at(f, UNARY) for f in above)])
    if not below:
        return f"{sign}{top}", MUL
    once = printer.divisor(nodes.mul(*below))
    if once:
        whole = top if number or len(above) > 1 else printer.write(above[0])
        return sign + printer.call("divided", whole, once)[0], MUL if sign else ATOM
    bottom = " * ".join(printer.at(f, UNARY) for f in below)
    return f"{sign}{top} / {bottom if len(below) == 1 else f'({bottom})'}", MUL


def _is_constant(expr: Expr) -> bool:
    """True for numbers, π, and powers and functions of them."""
    leaves = (nodes.Ref, nodes.Size, nodes.Idx)
    return not any(isinstance(n, leaves) or n is _INFINITY for n in walk(expr))


def _value(factors: list[Expr]) -> Fraction:
    """The product of constants, to 40 digits."""
    from ...index.bridge import to_sympy  # loads SymPy: only for who writes such a constant

    return Fraction(str(to_sympy(nodes.mul(*factors)).evalf(40)))


def _add(printer: Printer, expr: nodes.Add) -> Written:
    terms = sorted(expr.args, key=term_order)
    pieces: list[str] = []
    written, binding = "", ADD
    while terms:
        term = terms.pop(0)
        other = next((t for t in terms if _complementary(term, t)), None)
        if other is not None:
            terms.remove(other)
            written, binding = _either(printer, term, other)
        else:
            written, binding = _WRITE[type(term)](printer, term)
        piece = written if binding >= MUL else f"({written})"
        if not pieces:
            pieces.append(piece)
        else:
            pieces.append(f"- {piece[1:]}" if piece.startswith("-") else f"+ {piece}")
    return (written, binding) if len(pieces) == 1 else (" ".join(pieces), ADD)


def _condition_of(term: Expr) -> Expr | None:
    found = [f for f in factors_of(term) if _selects(f)]
    return found[0] if len(found) == 1 else None


def _complementary(a: Expr, b: Expr) -> bool:
    """`[u > v] A` and `[v >= u] B`, or `[u = v] A` and `[u ≠ v] B`: one of them holds, unless one
    side is NaN."""
    first, second = _condition_of(a), _condition_of(b)
    if isinstance(first, nodes.Delta) or isinstance(second, nodes.Delta):
        return first in _unequal(second) or second in _unequal(first)
    if not isinstance(first, nodes.Bracket) or not isinstance(second, nodes.Bracket):
        return False
    pair = (first.relation, second.relation)
    return pair in _OPPOSITE and first.args == second.args[::-1]


def _unequal(hit: Expr | None) -> tuple[Expr, ...]:
    """[u ≠ v] for δ(u, v)."""
    return (nodes.bracket("ne", *hit.args),) if isinstance(hit, nodes.Delta) else ()


def _either(printer: Printer, a: Expr, b: Expr) -> Written:
    """A choice between two values; the strict comparison is the one that is written."""
    strict = _condition_of(a)
    if not isinstance(strict, nodes.Delta) and getattr(strict, "relation", "") != "gt":
        a, b = b, a
    chosen = _condition_of(a)
    assert chosen is not None
    first, second = (nodes.mul(*(f for f in factors_of(t) if not _selects(f))) for t in (a, b))
    return _chosen(printer, [chosen], first, printer.at(second, COMPARE))


def _reduce(printer: Printer, expr: nodes.Reduce) -> Written:
    raise NotSupportedError(f"the c target met a reduction where none may stand: {expr}")


_WRITE: dict[type[Expr], Callable[[Printer, Any], Written]] = {
    nodes.Num: _num,
    nodes.Const: _const,
    nodes.Size: _size,
    nodes.Idx: _idx,
    nodes.Mod: lambda printer, e: (f"(real){printer.integer(e)}", UNARY),
    nodes.Ref: _ref,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Delta: _bracket,
    nodes.Bracket: _bracket,
    nodes.Mul: _mul,
    nodes.Add: _add,
    nodes.Reduce: _reduce,
}
