"""Comparisons of values up to ties: [a ≥ b] is [a > b] where no two values are equal by accident.

max(u, v), |u| and sign(u) become choices by brackets, and each bracket gets one form: [d > 0] with
d = a - b in normal form and its first term positive. What is compared must be written out down to
the inputs: [m ≥ x] is always 1 for a name m = max x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..calculus.normal import TooLarge, normal
from ..index import nodes
from ..index.dims import Index
from ..index.functions import FUNCTIONS, Kink, is_nonnegative, is_positive
from ..index.nodes import (
    MINUS_ONE,
    ONE,
    ZERO,
    Bracket,
    Call,
    Delta,
    Expr,
    Mul,
    Num,
    Pow,
    Reduce,
    Tensor,
    bracket,
)
from ..index.terms import terms
from ..index.walk import rebuild, substitute, walk
from .places import of_places

_MEANT: ContextVar[frozenset[str]] = ContextVar("_MEANT", default=frozenset())


@contextmanager
def meant(names: Iterable[str]) -> Iterator[None]:
    """For this time the values of these arguments are numbers such as 0 and -1 on purpose, and
    neither [m ≥ 0] is [m > 0], nor [m = 0] zero."""
    before = _MEANT.set(frozenset(names))
    try:
        yield
    finally:
        _MEANT.reset(before)


def is_meant(value: Expr) -> bool:
    names = {t.name for t in value.tensors}
    return bool(names) and names <= _MEANT.get()


def piecewise(expr: Expr) -> Expr:
    """The expression with every choice between values written as brackets of one form."""
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if node not in memo:
            args = tuple(visit(a) for a in node.args)
            memo[node] = _settled(rebuild(node, args))
        return memo[node]

    return visit(expr)


def compared(expr: Expr) -> bool:
    """True for a node that compares values, or chooses between them."""
    if isinstance(expr, Call):
        return FUNCTIONS[expr.function].kink is not None
    return isinstance(expr, Bracket) and bool(expr.tensors)


def _settled(node: Expr) -> Expr:
    kink = FUNCTIONS[node.function].kink if isinstance(node, Call) else None
    if kink is not None:
        return _by_kink(kink, node.args)
    if isinstance(node, Bracket) and compares_values(node):
        left, right = node.args
        return _COMPARED[node.relation](node, left - right)
    if isinstance(node, Bracket):
        return of_places(node)
    if isinstance(node, (Call, Pow)):
        return _by_cases(node)
    if isinstance(node, Reduce) and _attained_once(node):
        return ONE
    return node


_COMPARED: dict[str, Callable[[Bracket, Expr], Expr]] = {
    "gt": lambda node, apart: above_zero(apart),
    "ge": lambda node, apart: ONE - above_zero(-apart),
    "eq": lambda node, apart: _equality(node),
    "ne": lambda node, apart: above_zero(apart) + above_zero(-apart),
}


def _by_cases(node: Expr) -> Expr:
    """f(u) where u holds a choice: a choice between values of f."""
    for choice in walk(node):
        if isinstance(choice, Bracket) and choice.free <= node.free and compares_values(choice):
            there, elsewhere = _with(node, choice, ONE), _with(node, choice, ZERO)
            first = nodes.mul(choice, _by_cases(there))
            return nodes.add(first, nodes.mul(ONE - choice, _by_cases(elsewhere)))
    return node


def compares_values(node: Bracket) -> bool:
    """False for comparisons of indices, labels and sizes, where equality is no accident."""
    return any(not t.domain.is_label for t in node.tensors)


def _equality(node: Bracket) -> Expr:
    """0 where both sides are equal by accident only."""
    left, right = map(_normal, node.args)
    difference = _normal(left - right)
    if difference is ZERO:
        return ONE
    if is_meant(difference):
        return ONE - above_zero(difference) - above_zero(-difference)
    return ZERO if rarely_zero(difference) else bracket("eq", left, right)


def rarely_zero(value: Expr) -> bool:
    """True where a value is smooth in the data and no two elements of one tensor are compared, so
    that it is zero by accident only. x_i - x_j is zero for i = j, x_i - max_j x_j for some i."""
    if is_meant(value):
        return False
    seen: dict[Tensor, set[Expr]] = {}
    for node in walk(value):
        if isinstance(node, (Bracket, Delta)) or (isinstance(node, Reduce) and node.op != "sum"):
            return False
        if isinstance(node, Call) and not FUNCTIONS[node.function].smooth:
            return False
        if isinstance(node, nodes.Ref) and node.free <= value.free:
            seen.setdefault(node.tensor, set()).add(node)
    alone = all(len(refs) == 1 for refs in seen.values())
    return alone and any(not t.domain.is_label for t in value.tensors)


def _attained_once(node: Reduce) -> bool:
    """True for Σ_k [f_k = max_j f_j]: without ties one element attains the maximum."""
    body = node.args[0]
    if node.op != "sum" or not isinstance(body, Bracket) or body.relation != "eq":
        return False
    for extremum, value in (body.args, body.args[::-1]):
        if isinstance(extremum, Reduce) and extremum.op in ("max", "min"):
            if len(extremum.bound) != len(node.bound):
                continue
            moved = dict(zip(extremum.bound, node.bound, strict=True))
            if _normal(substitute(extremum.args[0], moved)) is _normal(value):
                return True
    return False


def above_zero(value: Expr) -> Expr:
    """[value > 0] in its one form; a choice between values becomes a choice between brackets."""
    value = _normal(value)
    if is_positive(value):
        return ONE
    if value is ZERO or is_nonnegative(_normal(-value)):
        return ZERO
    cases = _cases(value)
    if cases is not None:
        return nodes.add(*(nodes.mul(c, above_zero(v)) for c, v in cases))
    scaled, flipped = _primitive(value)
    if flipped and not rarely_zero(scaled):
        return bracket("gt", nodes.mul(MINUS_ONE, scaled), ZERO)
    above = bracket("gt", scaled, ZERO)
    return ONE - above if flipped else above


def _normal(value: Expr) -> Expr:
    try:
        return normal(value)
    except TooLarge:
        return value


def _cases(value: Expr) -> list[tuple[Expr, Expr]] | None:
    """A value that holds a bracket as a choice: (condition, value there); None where none."""
    for term in terms(value):
        for factor in term.args if isinstance(term, Mul) else (term,):
            if isinstance(factor, Bracket) and compares_values(factor):
                there = _normal(_with(value, factor, ONE))
                elsewhere = _normal(_with(value, factor, ZERO))
                return [(factor, there), (ONE - factor, elsewhere)]
    return None


def _with(value: Expr, part: Bracket, by: Expr) -> Expr:
    if value is part:
        return by
    return rebuild(value, tuple(_with(a, part, by) for a in value.args)) if value.args else value


def _primitive(value: Expr) -> tuple[Expr, bool]:
    """A positive multiple of ± value, the same for all of them, and whether the sign was turned."""
    parts = terms(value)
    if len(parts) == 1:
        return _without_positive_factors(value)
    varying = [t for t in parts if not isinstance(t, Num)]
    count = nodes.coefficient(min(varying, key=lambda t: nodes.coefficient(t)[1]))[0]
    scale = nodes.num(1 / abs(count))
    flipped = count < 0
    turned = nodes.mul(nodes.num(-1), value) if flipped else value
    return _normal(nodes.mul(scale, turned)), flipped


def _without_positive_factors(value: Expr) -> tuple[Expr, bool]:
    """[2 e x > 0] is [x > 0] for a positive e."""
    count, rest = nodes.coefficient(value)
    factors = rest.args if isinstance(rest, Mul) else (rest,)
    kept = [f for f in factors if not is_positive(f)]
    return nodes.mul(*kept) if kept else ONE, count < 0


def sifted(expr: Expr) -> Expr:
    """δ(i, e) f_i is δ(i, e) f_e, in every product of a normal form."""

    def visit(node: Expr) -> Expr:
        if isinstance(node, Mul):
            for part in node.args:
                index = _fixed(part)
                if index is not None:
                    place = part.args[0] if part.args[1] is nodes.idx(index) else part.args[1]
                    rest = [f for f in node.args if f is not part]
                    if any(index in f.free for f in rest):
                        moved = (substitute(f, {index: place}) for f in rest)
                        return nodes.mul(part, visit(nodes.mul(*moved)))
        return rebuild(node, tuple(map(visit, node.args))) if node.args else node

    return visit(expr)


def _fixed(part: Expr) -> Index | None:
    """The index variable that a δ fixes to a label or to a place."""
    if not isinstance(part, Delta):
        return None
    for one, other in (part.args, part.args[::-1]):
        if (
            isinstance(one, nodes.Idx)
            and not isinstance(other, nodes.Idx)
            and one.index not in other.free
        ):
            return one.index
    return None


def _by_kink(kink: Kink, args: tuple[Expr, ...]) -> Expr:
    """A function on either side of its kink; where it jumps, also at a tie."""
    left, right = kink.between(*args)
    more, less = above_zero(left - right), above_zero(right - left)
    if not kink.jumps:
        return kink.above(*args) if less is ZERO else _mixed(kink, more, ONE - more, args)
    tied = nodes.mul(ONE - more - less, kink.at(0, args))
    return nodes.add(_mixed(kink, more, less, args), tied)


def _mixed(kink: Kink, more: Expr, less: Expr, args: tuple[Expr, ...]) -> Expr:
    return nodes.add(nodes.mul(more, kink.above(*args)), nodes.mul(less, kink.below(*args)))
