"""Comparisons of places, which are whole numbers; sums that run backwards; dims of known length."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from ..calculus.normal import TooLarge, normal
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, ZERO, Add, Bracket, Expr, Idx, Reduce, Ref, Size, bracket, num
from ..index.walk import rebuild, substitute, transform, walk

MOST_SHIFTED = 4  # [i + 4 > 0] is [i > 0] or i is one of 4 places
LONGEST = 8  # a dim of known length up to this is spelled out
MOST_CASES = 64


def of_places(node: Bracket) -> Expr:
    """[L + c > 0] for whole numbers, by the one bracket [L > 0] and δ:
    [-L > 0] = 1 - δ(L, 0) - [L > 0]."""
    left, right = node.args
    difference = _normal(left - right)
    if node.relation == "eq":
        return nodes.delta(left, right)
    if node.relation == "ne":
        return ONE - nodes.delta(left, right)
    form = _linear(difference)
    if form is None:
        return node
    linear, shift = form
    return _above(linear, shift + 1 if node.relation == "ge" else shift)


def _linear(value: Expr) -> tuple[Expr, int] | None:
    """A whole linear form as what varies, and the number; None for anything else."""
    varying, shift = [], Fraction(0)
    for term in value.args if isinstance(value, Add) else (value,):
        count, rest = nodes.coefficient(term)
        if rest is ONE:
            shift += count
        elif isinstance(rest, (Idx, Size, Ref)) and count.denominator == 1:
            varying.append(term)
        else:
            return None
    if shift.denominator != 1 or abs(shift) > MOST_SHIFTED:
        return None
    return nodes.add(*varying), int(shift)


def _above(linear: Expr, shift: int) -> Expr:
    """[linear + shift > 0]."""
    if linear is ZERO:
        return ONE if shift > 0 else ZERO
    lead = min(
        linear.args if isinstance(linear, Add) else (linear,),
        key=lambda t: nodes.coefficient(t)[1],
    )
    if nodes.coefficient(lead)[0] < 0:  # whole numbers: d > 0 unless 1 - d > 0
        return ONE - _above(_normal(-linear), 1 - shift)
    base: Expr = bracket("gt", linear, ZERO)
    near = [nodes.delta(linear, num(-k)) for k in range(shift)]
    beyond = [nodes.delta(linear, num(k)) for k in range(1, 1 - shift)]
    return nodes.add(base, *near, *(nodes.mul(num(-1), d) for d in beyond))


def _normal(value: Expr) -> Expr:
    try:
        return normal(value)
    except TooLarge:
        return value


def straight(expr: Expr) -> Expr:
    """Elements from around the end as a choice: x[(i + 1) mod n] is x[i + 1], and x[i + 1 - n] for
    the last i; on axes that are at least as long as the step.
    """
    return transform(expr, _straight)


def _straight(node: Expr) -> Expr | None:
    if not isinstance(node, (Ref, nodes.Delta)):
        return None
    for n, place in enumerate(node.args):
        parts = _parts(place)
        if parts:
            return nodes.add(
                *(when * straight(rebuild(node, _with(node, n, at))) for when, at in parts)
            )
    return None


def _parts(place: Expr) -> tuple[tuple[Expr, Expr], ...]:
    """(i + k) mod n as places without modulus, each with the bracket under which it holds."""
    form = _linear(place.args[0]) if isinstance(place, nodes.Mod) else None
    if form is None or not isinstance(form[0], Idx):
        return ()
    (index, step), length = form, place.args[1]
    if nodes.size(form[0].index.dim) is not length:
        return ()
    turned: list[tuple[Expr, Expr]]
    if step > 0:
        inside = bracket("gt", length - step, index)
        turned = [(length - step + k, num(k)) for k in range(step)]
    else:
        inside = bracket("ge", index, num(-step))
        turned = [(num(k), length + step + k) for k in range(-step)]
    return ((inside, index + step), *((nodes.delta(index, i), at) for i, at in turned))


def _with(node: Expr, place: int, value: Expr) -> tuple[Expr, ...]:
    return (*node.args[:place], value, *node.args[place + 1 :])


def forwards(expr: Expr) -> Expr:
    """Σ_j f(n - 1 - j) is Σ_j f(j), where every element is taken at n - 1 - j."""

    def turned(given: Expr) -> Expr:
        node = rebuild(given, tuple(map(turned, given.args))) if given.args else given
        if isinstance(node, Reduce):
            for index in node.bound:
                mirror = _normal(nodes.size(index.dim) - 1 - nodes.idx(index))
                at = {
                    _normal(a)
                    for n in walk(node.args[0])
                    if isinstance(n, Ref)
                    for a in n.args
                    if index in a.free
                }
                if at == {mirror}:
                    body = substitute(node.args[0], {index: mirror})
                    return nodes.reduce_(node.op, node.bound, tidy(body))
        return node

    return turned(expr)


def tidy(expr: Expr) -> Expr:
    """The expression with every place in normal form."""

    def place(node: Expr) -> Expr | None:
        if isinstance(node, Ref):
            return nodes.ref(node.tensor, *(_normal(a) for a in node.args))
        return None

    return transform(expr, place)


def cases(expr: Expr) -> Iterator[Expr]:
    """The expression at each place of the dims of known length; their sums are written out."""
    short = [i for i in sorted(expr.free) if i.dim.length is not None and i.dim.length <= LONGEST]
    places = list(product(*(range(i.dim.length or 0) for i in short)))
    if len(places) > MOST_CASES:
        raise TooLarge(f"{len(places)} cases")
    for chosen in places:
        at = {i: num(k) for i, k in zip(short, chosen, strict=True)}
        yield _sums_written_out(substitute(expr, at))


def has_known_lengths(expr: Expr) -> bool:
    """True where a free or bound index runs over a dim of known length."""
    bound = {b for n in walk(expr) if isinstance(n, Reduce) for b in n.bound}
    return any(i.dim.length is not None for i in {*expr.free, *bound})


def _sums_written_out(expr: Expr) -> Expr:
    args = tuple(_sums_written_out(a) for a in expr.args)
    node = rebuild(expr, args) if args else expr
    if not isinstance(node, Reduce) or node.op != "sum":
        return node
    short = [b for b in node.bound if _is_short(b)]
    rest = [b for b in node.bound if b not in short]
    terms = []
    for chosen in product(*(range(b.dim.length or 0) for b in short)):
        at = {b: num(k) for b, k in zip(short, chosen, strict=True)}
        terms.append(nodes.sum_(rest, substitute(node.args[0], at)))
    return nodes.add(*terms)


def _is_short(index: Index) -> bool:
    return index.dim.length is not None and index.dim.length <= LONGEST
