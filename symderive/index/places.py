"""Whether a place such as i + 1 lies within its axis, under the conditions that hold where it is
read.

Conditions are linear forms that are not negative. A form that is a sum of such forms, each times a
positive number, is not negative either (Farkas): that sum is looked for, one symbol after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from . import nodes
from .dims import Dim, Index
from .nodes import ONE, Expr, num
from .ranges import last_label, linear, never_negative
from .terms import terms
from .walk import refs, walk

DEEPEST = 5  # forms in one sum
_MARGIN = {"gt": 1, "ge": 0}


def outside(ref: nodes.Ref, conditions: Iterable[Expr]) -> list[int]:
    """The axes at which an element may lie outside of its tensor, for all that is known.

    A place that the forward names itself, such as x[1], is within.
    """
    moved = [
        n
        for n, (place, dim) in enumerate(zip(ref.args, ref.tensor.dims, strict=True))
        if (place.free or place.tensors) and whole_axis(place, dim) is None
    ]
    if not moved:
        return []
    known = [form for c in conditions for form in _forms(c)]
    return [n for n in moved if not is_within(ref.args[n], ref.tensor.dims[n], known)]


def whole_axis(place: Expr | None, dim: Dim | None) -> Index | None:
    """The index that reads the whole of an axis: one over the axis' own dim. None for any other
    place, also for an index over another dim, of which the axis may have more.
    """
    if isinstance(place, nodes.Idx) and place.index.dim == dim:
        return place.index
    return None


def is_there(expr: Expr, conditions: Iterable[Expr]) -> bool:
    """True where every element that an expression reads is there, under these conditions."""
    return not any(outside(one, conditions) for one in refs(expr))


def is_within(place: Expr, dim: Dim, known: Sequence[Expr]) -> bool:
    """True where 0 ≤ place < the length of `dim` follows from forms that are not negative."""
    if isinstance(place, nodes.Mod) and place.args[1] is nodes.size(dim):
        return True
    claims = [place, nodes.size(dim) - num(1) - place]
    free = set(place.free).union(*(form.free for form in known))
    known = [*known, *(form for i in sorted(free) for form in _ranges(i))]
    known += [form for label in refs(place) for form in _label_range(label)]
    known += [form for n in walk(place) if isinstance(n, nodes.Mod) for form in _around(n)]
    return all(follows(claim, known) for claim in claims)


def follows(claim: Expr, known: Sequence[Expr]) -> bool:
    """True where a linear form is not negative if those that are known are not."""
    return _follows(linear(claim), known, DEEPEST)


def not_negative(forms: Iterable[Expr]) -> tuple[Expr, ...]:
    """The conditions that forms are not negative."""
    return tuple(nodes.bracket("ge", form, nodes.ZERO) for form in forms)


def chooses_values(expr: Expr) -> bool:
    """True for a bracket that compares values: what it leaves out may well not be finite, so that
    it is left out of each operand by itself. 0 · ∞ is NaN.
    """
    return isinstance(expr, nodes.Bracket) and not all(map(is_whole, expr.args))


def is_whole(expr: Expr) -> bool:
    """True for a linear form of indices, sizes, labels and whole numbers."""
    if isinstance(expr, nodes.Ref):
        return expr.tensor.domain.is_label
    if isinstance(expr, nodes.Num):
        return expr.value.denominator == 1
    whole = isinstance(expr, (nodes.Idx, nodes.Size, nodes.Add, nodes.Mul, nodes.Mod))
    return whole and all(map(is_whole, expr.args))


def _ranges(index: Index) -> tuple[Expr, Expr]:
    """0 ≤ i and i ≤ n - 1; the two together say that n is at least 1."""
    return nodes.idx(index), nodes.size(index.dim) - num(1) - nodes.idx(index)


def _around(place: nodes.Mod) -> tuple[Expr, Expr]:
    """0 ≤ p mod n ≤ n - 1."""
    return place, place.args[1] - num(1) - place


def _label_range(label: nodes.Ref) -> tuple[Expr, ...]:
    """0 ≤ t, and t below what its domain says."""
    most = last_label(label.tensor)
    return () if most is None else (label, most - label)


def _forms(condition: Expr) -> list[Expr]:
    """A condition on indices as forms that are not negative; none where it says nothing of them."""
    if not isinstance(condition, (nodes.Bracket, nodes.Delta)):
        return []
    left, right = condition.args
    if not (is_whole(left) and is_whole(right)):
        return []
    relation = getattr(condition, "relation", "eq")
    if relation == "eq":
        return [linear(left - right), linear(right - left)]
    return [linear(left - right - num(_MARGIN[relation]))] if relation in _MARGIN else []


def _follows(claim: Expr, known: Sequence[Expr], depth: int) -> bool:
    if never_negative(claim):
        return True
    if not depth:
        return False
    symbol, count = _first(claim)
    for form in known if count else ():
        beside = _count(form, symbol)
        if beside * count > 0:
            rest = linear(claim - nodes.mul(num(count / beside), form))
            if _follows(rest, known, depth - 1):
                return True
    return False


def _first(claim: Expr) -> tuple[Expr, Fraction]:
    """The symbol to be done away with first: what is not a size, then a size that is taken off."""
    counted = [(rest, count) for count, rest in map(nodes.coefficient, terms(claim))]
    symbols = [(r, c) for r, c in counted if r is not ONE]
    return min(
        symbols,
        key=lambda rc: (isinstance(rc[0], nodes.Size), rc[1] > 0, rc[0].key),
        default=(ONE, Fraction(0)),
    )


def _count(form: Expr, symbol: Expr) -> Fraction:
    found = (c for c, rest in map(nodes.coefficient, terms(form)) if rest is symbol)
    return next(found, Fraction(0))
