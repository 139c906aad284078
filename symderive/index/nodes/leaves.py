"""Make the nodes that need no arithmetic: numbers, elements, calls, δ, brackets, reductions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from .. import limits
from ..dims import Index
from .kinds import Bracket, Call, Const, Delta, Expr, Idx, Num, Number, Reduce, Ref, Tensor, intern

_NUMBERS: dict[tuple[int, int], Num] = {}


def num(value: Number) -> Num:
    """The number node of an exact value."""
    exact = value if isinstance(value, (int, Fraction)) else Fraction(value)
    key = (exact.numerator, exact.denominator)  # a Fraction's own hash takes longer than the rest
    node = _NUMBERS.get(key)
    if node is None:
        exact = Fraction(exact)
        limits.refuse_number(exact)
        node = _NUMBERS[key] = intern(
            Num, f"{exact.numerator}/{exact.denominator}", (), value=exact
        )
    return node


ZERO, ONE, MINUS_ONE, HALF = num(0), num(1), num(-1), num(Fraction(1, 2))


def as_expr(value: Expr | Number | Index) -> Expr:
    """Numbers and index variables become nodes; nodes stay what they are."""
    if isinstance(value, Expr):
        return value
    return idx(value) if isinstance(value, Index) else num(value)


def const(name: str) -> Const:
    """A named constant."""
    return intern(Const, name, (), name=name)


def idx(index: Index) -> Idx:
    """An index variable as an expression."""
    return intern(Idx, index.label, (), index=index)


def ref(tensor: Tensor, *indices: Expr | Number | Index) -> Ref:
    """`tensor[indices]`; as many indices as the tensor has dims."""
    if len(indices) == 1 and indices[0] == () and not tensor.dims:
        indices = ()
    if len(indices) != len(tensor.dims):
        raise ValueError(f"{tensor!r} takes {len(tensor.dims)} indices, not {len(indices)}")
    return intern(Ref, tensor.label, tuple(as_expr(i) for i in indices), tensor=tensor)


KNOWN: dict[str, tuple[Expr, Expr]] = {}  # a place of a function and its exact value there, from
# the function's record


def call(function: str, *args: Expr | Number) -> Expr:
    """`function(*args)`; a number at once where that is exact, as in exp(0) = 1."""
    given = tuple(as_expr(a) for a in args)
    if len(given) == 1 and function in KNOWN and given[0] is KNOWN[function][0]:
        return KNOWN[function][1]
    return intern(Call, function, given, function=function)


def delta(left: Expr | Number | Index, right: Expr | Number | Index) -> Expr:
    """δ(left, right); decided at once where both sides are the same or both are numbers."""
    a, b = sorted((as_expr(left), as_expr(right)))
    if a is b:
        return ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return ZERO
    return intern(Delta, "", (a, b))


_DECIDE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
}


def bracket(relation: str, left: Expr | Number | Index, right: Expr | Number | Index) -> Expr:
    """`[left relation right]`, where relation is "gt", "ge", "eq", "ne", or "lt", "le" with the
    sides exchanged. "ne" is for places and labels: with NaN, neither = nor > nor < holds.
    """
    a, b = as_expr(left), as_expr(right)
    if relation in ("lt", "le"):
        relation, a, b = {"lt": "gt", "le": "ge"}[relation], b, a
    if a is b:
        return ZERO if relation in ("gt", "ne") else ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return num(int(_DECIDE[relation](a.value, b.value)))
    if relation in ("eq", "ne"):
        a, b = sorted((a, b), key=lambda e: (isinstance(e, Num), e))  # [x = 0], not [0 = x]
    return intern(Bracket, relation, (a, b), relation=relation)


def reduce_(op: str, bound: Iterable[Index], body: Expr) -> Expr:
    """`op` of body over the bound indices."""
    over = tuple(sorted(set(bound)))
    if not over:
        return body
    if op == "sum" and body is ZERO:
        return ZERO
    return intern(Reduce, f"{op}|{[b.label for b in over]}", (body,), op=op, bound=over)


def sum_(bound: Iterable[Index], body: Expr) -> Expr:
    """Σ of body over the bound indices."""
    return reduce_("sum", bound, body)
