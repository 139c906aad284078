"""Values as C: as few parentheses as C allows.

A value is written in pieces: between two of them a line may be broken.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ...index.functions import FUNCTIONS
from ...index.text import shortest
from ...loops import nodes
from ...loops.nodes import Value

CHOICE, AND, COMPARE, ADD, MUL, UNARY, ATOM = range(7)  # how tightly a written piece holds together
Pieces = tuple[str, ...]
Written = tuple[Pieces, int]

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
_KERNELS = {  # functions that no record has
    **{name: name for name in ("within", "around", "divided", "divisor_of", "least", "parts_of")},
    **{name: name for name in ("square", "stream", "start_of")},
    "threads": "omp_get_max_threads",
}
_MANY_TYPES = {"sqrt": "sqrt", "pow": "pow"}
_CONSTANTS = {
    "pi": "(real)3.14159265358979324", "inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN",
    "bytes": "(long)sizeof(real)",
}  # fmt: skip
_RELATIONS = {"gt": ">", "ge": ">=", "lt": "<", "eq": "==", "ne": "!="}


def has_name(function: str) -> bool:
    """True for a function that a helper or C's library has."""
    return bool(_name(function))


def _name(function: str) -> str:
    record = FUNCTIONS[function]
    return OWN.get(function) or record.c or record.library


def glued(*parts: str | Pieces) -> Pieces:
    """One behind the other, with no break between them."""
    done: list[str] = [""]
    for part in parts:
        first, *rest = (part,) if isinstance(part, str) else part
        done[-1] += first
        done += rest
    return tuple(done)


def listed(items: list[Pieces]) -> Pieces:
    """The items with commas between them."""
    return tuple(piece for item in items[:-1] for piece in glued(item, ",")) + items[-1]


def real(value: Fraction) -> Written:
    """A number that does not turn float into double."""
    if is_bare(value):
        return (str(value.numerator),), ATOM if value >= 0 else UNARY
    sign = "-" if value < 0 else ""
    return (f"(real){sign}{shortest(abs(value))}",), UNARY


def is_bare(value: Fraction) -> bool:
    """True for a number that is exact as an `int`, which C makes a real one where it meets one."""
    return value.denominator == 1 and abs(value.numerator) < 2**24


class Spelling:
    """Writes values, and remembers which helpers they need."""

    def __init__(self) -> None:
        self.helpers: set[str] = set()

    def write(self, value: Value) -> Pieces:
        """The value in pieces."""
        return self.at(value, CHOICE)

    def at(self, value: Value, level: int) -> Pieces:
        """The value, in parentheses where it holds together less tightly than `level`."""
        written, binding = _WRITE[type(value)](self, value)
        return written if binding >= level else glued("(", written, ")")

    def call(self, name: str, args: list[Pieces]) -> Pieces:
        """A call of one of the helpers or of the C library."""
        self.helpers.update(HELPERS.get(name, ()))
        return glued(f"{name}(", listed(args) if args else "", ")")


def _load(spell: Spelling, value: nodes.Load) -> Written:
    return (f"{value.array}[{' '.join(spell.write(value.place))}]",), ATOM


def _as_real(spell: Spelling, value: nodes.AsReal) -> Written:
    return glued("(real)", spell.at(value.value, UNARY)), UNARY


def _negative(spell: Spelling, value: nodes.Negative) -> Written:
    return glued("-", spell.at(value.value, MUL)), MUL


def _sum(spell: Spelling, value: nodes.Sum) -> Written:
    pieces = list(spell.at(value.terms[0], MUL))
    for term in value.terms[1:]:
        less = _taken_away(term)
        pieces += glued("+ " if less is None else "- ", spell.at(less or term, MUL))
    return tuple(pieces), ADD


def _taken_away(term: Value) -> Value | None:
    """What is subtracted instead of added."""
    if isinstance(term, nodes.Negative):
        return term.value
    negative = isinstance(term, nodes.Real) and term.value < 0 and is_bare(term.value)
    return nodes.Real(-term.value) if isinstance(term, nodes.Real) and negative else None


def _product(spell: Spelling, value: nodes.Product) -> Written:
    first, *rest = (spell.at(f, UNARY) for f in value.factors)
    return (*first, *(piece for f in rest for piece in glued("* ", f))), MUL


def _quotient(spell: Spelling, value: nodes.Quotient) -> Written:
    above = value.above
    top = spell.at(above, MUL if isinstance(above, nodes.Product) else UNARY)
    return (*top, *glued("/ ", spell.at(value.below, UNARY))), MUL


def _remainder(spell: Spelling, value: nodes.Remainder) -> Written:
    return glued(spell.at(value.above, MUL), " % ", spell.at(value.below, UNARY)), MUL


def _compare(spell: Spelling, value: nodes.Compare) -> Written:
    left, right = (spell.at(side, ADD) for side in (value.left, value.right))
    return glued(left, f" {_RELATIONS[value.relation]} ", right), COMPARE


def _all(spell: Spelling, value: nodes.All) -> Written:
    first, *rest = (spell.at(t, COMPARE) for t in value.tests)
    return (*first, *(piece for t in rest for piece in glued("&& ", t))), AND


def _choice(spell: Spelling, value: nodes.Choice) -> Written:
    test = spell.at(value.test, AND)
    then, otherwise = (spell.at(v, COMPARE) for v in (value.then, value.otherwise))
    return (*test, *glued("? ", then), *glued(": ", otherwise)), CHOICE


def _call(spell: Spelling, value: nodes.Call) -> Written:
    if value.function in _KERNELS:
        return spell.call(_KERNELS[value.function], list(map(spell.write, value.args))), ATOM
    name = _MANY_TYPES.get(value.function) or _name(value.function)
    return spell.call(name, [_argument(spell, a) for a in value.args]), ATOM


def _argument(spell: Spelling, value: Value) -> Pieces:
    """An argument of a function of many types: a number is a `real`, too."""
    bare = isinstance(value, nodes.Real) and is_bare(value.value)
    return spell.write(nodes.AsReal(value) if bare else value)


_WRITE: dict[type[Value], Callable[[Spelling, Any], Written]] = {
    nodes.Whole: lambda spell, v: ((str(v.value),), ATOM if v.value >= 0 else UNARY),
    nodes.Real: lambda spell, v: real(v.value),
    nodes.Constant: lambda spell, v: ((_CONSTANTS.get(v.name, v.name),), UNARY),
    nodes.Name: lambda spell, v: ((v.name,), ATOM),
    nodes.Load: _load,
    nodes.AsReal: _as_real,
    nodes.Negative: _negative,
    nodes.Sum: _sum,
    nodes.Product: _product,
    nodes.Quotient: _quotient,
    nodes.Remainder: _remainder,
    nodes.Compare: _compare,
    nodes.All: _all,
    nodes.Choice: _choice,
    nodes.Call: _call,
}
