"""Brackets and δ: conditions, and choices, which select and never multiply by 0."""

from __future__ import annotations

from functools import reduce

from ..index import nodes
from ..index.nodes import Expr
from ..index.text import factors_of
from .axes import Axes, union
from .lowering import Lowering
from .moves import Filled
from .nodes import INTEGER, NUMBER, REAL, TRUTH, Array, Choice, elementwise

_OPPOSITE = {"gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_MIRROR = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge", "eq": "eq", "ne": "ne"}


def condition(low: Lowering, factor: Expr, frame: Axes) -> Array | None:
    """A factor that selects: a bracket, a δ, or one minus either; None for any other factor."""
    factor, negative = bare(factor)
    if not isinstance(factor, (nodes.Bracket, nodes.Delta)):
        return None
    relation = factor.relation if isinstance(factor, nodes.Bracket) else "eq"
    relation = _OPPOSITE[relation] if negative else relation
    left, right = factor.args
    if _comes_second(left, right):
        left, right, relation = right, left, _MIRROR[relation]
    if not any(t for t in factor.tensors if not t.domain.is_label):
        low = low.indices()
    sides = [low.lower(left, frame), low.lower(right, frame)]
    if not low.scope.library.mixes:
        sides = [low.cast(side) for side in sides]
    return elementwise(relation, *sides, kind=_truth(sides))


def _truth(arrays: list[Array]) -> str:
    return NUMBER if all(a.kind == NUMBER for a in arrays) else TRUTH


def _comes_second(left: Expr, right: Expr) -> bool:
    """A number, or a mere size, stands on the right of a comparison."""
    return not left.tensors and not left.free and bool(right.tensors or right.free)


def bare(factor: Expr) -> tuple[Expr, bool]:
    """The bracket of `1 - [a = b]`, and that it is negated; `[a ≠ b]` is δ, negated."""
    if isinstance(factor, nodes.Bracket) and factor.relation == "ne":
        return nodes.delta(*factor.args), True
    if isinstance(factor, nodes.Add) and len(factor.args) == 2 and nodes.ONE in factor.args:
        other = next(a for a in factor.args if a is not nodes.ONE)
        count, rest = nodes.coefficient(other)
        if count == -1 and isinstance(rest, (nodes.Bracket, nodes.Delta)):
            return rest, True
    return factor, False


def _asks_equality(expr: Expr) -> bool:
    return isinstance(expr, nodes.Delta) or (
        isinstance(expr, nodes.Bracket) and expr.relation == "eq"
    )


def both(conditions: list[Array]) -> Array:
    """Where every condition holds."""
    kind = _truth(conditions)
    return reduce(lambda a, b: elementwise("and", a, b, kind=kind), conditions)


def select(low: Lowering, chosen: Array, then: Array, otherwise: Array) -> Array:
    """`then` where chosen, `otherwise` elsewhere, in floating point."""
    if then.kind == otherwise.kind == NUMBER and not (low.scope.library.mixes or low.exact):
        then = Filled(then, "", dtype=low.scope.dtype)  # two plain numbers have no dtype
    kind = REAL if any(a.kind == REAL for a in (then, otherwise)) else INTEGER
    axes = union(a.axes for a in (chosen, then, otherwise))
    return low.cast(Choice(chosen, then, otherwise, axes=axes, kind=kind))


def complement(a: Expr, b: Expr) -> bool:
    """True for `[u > v] A`, `[v ≥ u] B` or `[u = v] A`, `(1 - [u = v]) B`: one always holds."""
    first, second = _selector(a), _selector(b)
    if first is None or second is None:
        return False
    (one, negative), (other, also) = bare(first), bare(second)
    if _asks_equality(one) and _asks_equality(other) and set(one.args) == set(other.args):
        return negative != also
    if (
        negative
        or also
        or not (isinstance(one, nodes.Bracket) and isinstance(other, nodes.Bracket))
    ):
        return False
    return {one.relation, other.relation} == {"gt", "ge"} and one.args == other.args[::-1]


def either(low: Lowering, a: Expr, b: Expr, frame: Axes) -> Array:
    """The choice between A and B, asked in the strict way, or by equality."""
    first, negative = bare(_selector(a) or a)
    if negative or (isinstance(first, nodes.Bracket) and first.relation == "ge"):
        a, b = b, a
    chosen = condition(low, _selector(a) or a, frame)
    rests = [nodes.mul(*(f for f in factors_of(t) if f is not _selector(t))) for t in (a, b)]
    then, otherwise = (low.real(r, frame) for r in rests)
    assert chosen is not None
    return select(low, chosen, then, otherwise)


def _selector(term: Expr) -> Expr | None:
    """The one selecting factor of a term."""
    found = [f for f in factors_of(term) if isinstance(bare(f)[0], (nodes.Bracket, nodes.Delta))]
    return found[0] if len(found) == 1 else None
