"""Index expressions: which index a δ fixes, and whether a value lies within an axis.

Sizes are symbols of at least 1; what the ranges of indices do not decide stays a bracket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from . import nodes
from .dims import Dim, Index, length_of
from .nodes import ONE, ZERO, Add, Expr, Mul, Num, num
from .terms import terms
from .walk import transform, walk


def linear(value: Expr) -> Expr:
    """A linear index expression with its products with numbers carried out."""
    if isinstance(value, Add):
        return nodes.add(*(linear(a) for a in value.args))
    count, rest = nodes.coefficient(value)
    if isinstance(rest, (Add, Mul)) and isinstance(value, Mul):
        inner = linear(rest) if isinstance(rest, Add) else rest
        return nodes.add(*(nodes.mul(num(count), t) for t in terms(inner)))
    return value


def isolate(difference: Expr, among: Iterable[Index] | None = None) -> tuple[Index, Expr] | None:
    """An index variable i (one of `among`, where given) and the e that makes i - e = ±
    difference.
    """
    wanted = None if among is None else frozenset(among)
    chosen: list[tuple[Index, Expr]] = []
    for index, count, others in _single(difference, wanted):
        chosen.append((index, linear(nodes.mul(num(-count), others))))
    for term in terms(difference):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Mod) and abs(count) == 1:
            others = nodes.add(*(t for t in terms(difference) if t is not term))
            chosen += _around(rest, linear(nodes.mul(num(-count), others)), wanted)
    return min(chosen, key=lambda found: found[0], default=None)


def _single(form: Expr, wanted: frozenset[Index] | None) -> Iterator[tuple[Index, Fraction, Expr]]:
    """The indices that a form holds once, as i or -i: each with its sign, and the other terms."""
    for term in terms(form):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Idx) and abs(count) == 1:
            others = nodes.add(*(t for t in terms(form) if t is not term))
            if (wanted is None or rest.index in wanted) and rest.index not in others.free:
                yield rest.index, count, others


def _around(
    place: nodes.Mod, value: Expr, wanted: frozenset[Index] | None
) -> Iterator[tuple[Index, Expr]]:
    """The i that make (i + k) mod n a value: i = (value - k) mod n, where i and the value are
    below n.
    """
    form, length = place.args
    reach = bounds(value)
    if reach is None or not all(map(never_negative, (reach[0], length - num(1) - reach[1]))):
        return
    for index, count, others in _single(linear(form), wanted):
        if nodes.size(index.dim) is length and index not in value.free:
            yield index, nodes.mod(linear(nodes.mul(num(count), value - others)), length)


def decided(expr: Expr) -> Expr:
    """The expression with every bracket on indices decided that the ranges of the indices
    decide.
    """
    return transform(expr, lambda e: bracket(e) if isinstance(e, nodes.Bracket) else None)


def bracket(expr: Expr) -> Expr:
    """[a > b] on index expressions is 1 or 0 where the ranges of the indices say so."""
    if not isinstance(expr, nodes.Bracket):
        return expr
    left, right = (linear(a) for a in expr.args)
    if not (left.tensors or right.tensors) and expr.relation in ("gt", "ge"):
        reach = bounds(left - right)
        margin = num(1) if expr.relation == "gt" else ZERO
        if reach is not None and never_negative(reach[0] - margin):
            return ONE
        if reach is not None and never_negative(margin - num(1) - reach[1]):
            return ZERO
    return nodes.bracket(expr.relation, left, right)


def guards(value: Expr, index: Index) -> list[Expr]:
    """Brackets that keep an index expression within the dim of `index`; none where it certainly is.

    A label is certainly below what its domain says, and no more: in np.arange(4) == t, labels t
    below 9 select nothing from 4 on.
    """
    if not (value.free or value.tensors):
        return []  # a place that the forward names itself, such as x[1]: it is there
    reach = bounds(value)
    if reach is None:
        return []
    last = nodes.size(index.dim) - num(1)
    below = [] if never_negative(reach[0]) else [nodes.bracket("ge", value, ZERO)]
    above = [] if never_negative(last - reach[1]) else [nodes.bracket("ge", last, value)]
    return below + above


def bounds(value: Expr) -> tuple[Expr, Expr] | None:
    """The least and the greatest value of a linear index expression, in terms of sizes; None where
    the range of a label in it is not known.
    """
    low: Expr = ZERO
    high: Expr = ZERO
    for term in terms(linear(value)):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Idx):
            reach = nodes.mul(num(count), nodes.size(rest.index.dim) - num(1))
            low, high = (low, high + reach) if count > 0 else (low + reach, high)
        elif isinstance(rest, nodes.Mod):
            reach = nodes.mul(num(count), rest.args[1] - num(1))
            low, high = (low, high + reach) if count > 0 else (low + reach, high)
        elif isinstance(rest, nodes.Ref) and (most := last_label(rest.tensor)) is not None:
            reach = nodes.mul(num(count), most)
            low, high = (low, high + reach) if count > 0 else (low + reach, high)
        elif isinstance(rest, (Num, nodes.Size)):
            low, high = low + term, high + term
        else:
            return None
    return low, high


def last_label(tensor: nodes.Tensor) -> Expr | None:
    """The greatest label that may stand in a tensor of labels; None where nothing is said of it."""
    below = tensor.domain.below
    if below is None:
        return None
    return (num(below) if isinstance(below, int) else nodes.size(Dim(below))) - num(1)


def sizes_in(form: Expr) -> frozenset[str]:
    """The names of the dims whose lengths a form holds."""
    return frozenset(n.dim.name for n in walk(form) if isinstance(n, nodes.Size))


def at_least(forms: Iterable[Expr]) -> dict[str, int]:
    """The length that each dim has at least: {"w": 4} where w - 4 is not negative."""
    found: dict[str, int] = {}
    for form in map(linear, forms):
        size, *others = [t for t in terms(form) if not isinstance(t, Num)]
        if isinstance(size, nodes.Size) and not others:
            less = sum((t.value for t in terms(form) if isinstance(t, Num)), Fraction(0))
            found[size.dim.name] = max(found.get(size.dim.name, 0), -int(less))
    return found


def in_lengths(form: Expr, lengths: Mapping[str, int]) -> Fraction:
    """The value of a linear form in sizes."""
    total = Fraction(0)
    for term in terms(linear(form)):
        count, rest = nodes.coefficient(term)
        total += count * (length_of(rest.dim, lengths) if isinstance(rest, nodes.Size) else 1)
    return total


def never_negative(value: Expr) -> bool:
    """True where a linear form in sizes is not negative, every size being at least 1."""
    total = Fraction(0)
    for term in terms(linear(value)):
        count, rest = nodes.coefficient(term)
        if rest is not ONE and (not isinstance(rest, nodes.Size) or count < 0):
            return False
        total += count
    return total >= 0
