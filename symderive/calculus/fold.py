"""Recognise a fact of the program inside a term, modulo the order of sums, and put its value
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, Add, Expr, Num, Ref, Tensor, base_exp, num
from ..index.terms import factors, terms
from ..index.walk import rebuild, substitute
from .facts import Fact, heads
from .normal import TooLarge, assemble, flatten, normal
from .supports import needed

MOST_ROUNDS = 12

Flat = tuple[Fraction, list[Expr], list[Index]]


def fold(expr: Expr, facts: Sequence[Fact]) -> Expr:
    """The normal form of `expr` with every fact used wherever it matches, innermost first."""
    poles = frozenset[Tensor]().union(*(f.pole for f in facts))
    for _ in range(MOST_ROUNDS):
        folded = nodes.add(*(_fold_term(t, facts, poles) for t in terms(expr)))
        if folded is expr:
            break
        expr = folded
    return expr


def _fold_term(term: Expr, facts: Sequence[Fact], poles: frozenset[Tensor]) -> Expr:
    term = _fold_inside(term, facts)
    if isinstance(term, Add):
        return term
    for fact in facts:
        if not (fact.pattern.tensors <= term.tensors and fact.heads <= heads(term)):
            continue
        found = match(term, fact, poles)
        if found is not None:
            return found
    return term


def _fold_inside(term: Expr, facts: Sequence[Fact]) -> Expr:
    """Fold the arguments of functions, roots and opaque sums."""
    count, flat, bound = flatten(term)
    folded = [_fold_factor(f, facts) for f in flat]
    if folded == flat:
        return term
    try:
        return normal(nodes.mul(num(count), nodes.sum_(bound, nodes.mul(*folded))))
    except TooLarge:
        return term


def _fold_factor(factor: Expr, facts: Sequence[Fact]) -> Expr:
    if isinstance(factor, (Ref, nodes.Bracket)) or not factor.args or not factor.tensors:
        return factor
    if isinstance(factor, (nodes.Mul, nodes.Add)):
        return fold(factor, facts)
    args = tuple(
        a if isinstance(a, (Ref, Num)) else fold(a, facts) if not isinstance(a, nodes.Idx) else a
        for a in factor.args
    )
    return rebuild(factor, args)


def match(term: Expr, fact: Fact, poles: frozenset[Tensor] = frozenset()) -> Expr | None:
    """The term with one occurrence of the fact's pattern replaced, or None. poles: names of what
    may be infinite.
    """
    count, flat, bound = flatten(term)
    pattern_count, pattern, pattern_bound = fact.flat
    if len(pattern) == 1 and pattern_count == 1 and not pattern_bound:
        special = _SPECIAL.get(type(pattern[0]))
        found = special(count, flat, bound, fact) if special else None
        if found is not None:
            return found
    held = dict(base_exp(f) for f in flat)
    references = [n for f in flat for n in _references(f)]
    for mapping in _mappings(fact.anchors, references, {}):
        places = [mapping.get(b) for b in pattern_bound]
        images = [
            p.index
            for p, b in zip(places, pattern_bound, strict=True)
            if isinstance(p, nodes.Idx) and p.index in bound and p.index.dim == b.dim
        ]  # a sum over part of an axis is not the sum over all of it
        if len(images) < len(places) or len(set(images)) < len(images):
            continue
        left = _take(held, [substitute(p, mapping) for p in pattern])
        if left is None or any(not set(images).isdisjoint(f.free) for f in left):
            continue
        left += _still_needed(pattern, mapping, left, images, poles)
        value = substitute(fact.value, {i: j for i, j in mapping.items() if i not in pattern_bound})
        rest = [b for b in bound if b not in images]
        try:
            return (
                nodes.mul(
                    num(1 / pattern_count),
                    normal(nodes.mul(num(count), nodes.sum_(rest, nodes.mul(value, *left)))),
                )
                if isinstance(value, Add)
                else _plain(count / pattern_count, value, left, rest)
            )
        except TooLarge:
            return None
    return None


def _match_power(count: Fraction, flat: list[Expr], bound: list[Index], fact: Fact) -> Expr | None:
    """A root or reciprocal under any exponent: with r = √v, 1/v is 1/r²."""
    base, exp = base_exp(fact.flat[1][0])
    if not isinstance(exp, Num):
        return None
    references = [n for f in flat for n in _references(f)]
    for mapping in _mappings(fact.anchors, references, {}):
        wanted = substitute(base, mapping)
        for factor in flat:
            held, held_exp = base_exp(factor)
            if (
                held is wanted
                and isinstance(held_exp, Num)
                and (held_exp.value / exp.value).denominator == 1
            ):
                left = [f for f in flat if f is not factor]
                value = nodes.power(
                    substitute(fact.value, mapping), num(held_exp.value / exp.value)
                )
                return assemble(count, factors(nodes.mul(*left, value)), bound)
    return None


def _match_exp(count: Fraction, flat: list[Expr], bound: list[Index], fact: Fact) -> Expr | None:
    """exp(k u + v) as p^k exp(v), where p = exp(u) and u is a name."""
    pattern = fact.flat[1][0]
    raised = isinstance(pattern, nodes.Call) and pattern.function == "exp"
    if not raised or not isinstance(pattern.args[0], Ref):
        return None
    for factor in flat:
        if not isinstance(factor, nodes.Call) or factor.function != "exp":
            continue
        for term in terms(factor.args[0]):
            times, name = nodes.coefficient(term)
            if not isinstance(name, Ref) or times.denominator != 1:
                continue
            for mapping in _mappings(fact.anchors, [name], {}):
                if substitute(pattern.args[0], mapping) is not name:  # a scalar lays on anything
                    continue
                rest = normal(factor.args[0] - term)
                value = nodes.power(substitute(fact.value, mapping), num(times))
                others = [f for f in flat if f is not factor]
                return normal(
                    nodes.mul(
                        num(count),
                        nodes.sum_(bound, nodes.mul(*others, value, nodes.call("exp", rest))),
                    )
                )
    return None


_SPECIAL: dict[type[Expr], Callable[[Fraction, list[Expr], list[Index], Fact], Expr | None]] = {
    nodes.Pow: _match_power,
    nodes.Call: _match_exp,
}


def _still_needed(
    pattern: list[Expr],
    mapping: dict[Index, Expr],
    left: list[Expr],
    images: list[Index],
    poles: frozenset[Tensor],
) -> list[Expr]:
    """The brackets of a pattern that must stay beside its value: from e_ij = [j ≠ i] / r_ij,
    [j ≠ i] / r_ij³ is [j ≠ i] e_ij / r_ij², since e_ii / r_ii² would be 0 / 0.
    """
    brackets = (substitute(f, mapping) for f in pattern if isinstance(f, nodes.Bracket))
    chosen = frozenset(b for b in brackets if b.free.isdisjoint(images))
    return needed(chosen, nodes.mul(*left), poles) if chosen else []


def _plain(count: Fraction, value: Expr, left: list[Expr], bound: list[Index]) -> Expr:
    from_value, rest = nodes.coefficient(value)
    if rest is ONE or isinstance(rest, Ref):
        merged = nodes.mul(*left, rest)
        extra, body = nodes.coefficient(merged)
        flat = list(body.args) if isinstance(body, nodes.Mul) else [] if body is ONE else [body]
        return assemble(count * from_value * extra, flat, bound)
    return normal(nodes.mul(num(count), nodes.sum_(bound, nodes.mul(value, *left))))


def _references(expr: Expr) -> Iterator[Ref]:
    if isinstance(expr, Ref):
        yield expr
    for arg in expr.args:
        yield from _references(arg)


def _mappings(
    anchors: list[Ref], references: list[Ref], mapping: dict[Index, Expr]
) -> Iterator[dict[Index, Expr]]:
    """Every way to lay the anchors on references of the same tensors, at whatever indices those
    have.
    """
    if not anchors:
        yield mapping
        return
    anchor, *rest = anchors
    for reference in dict.fromkeys(r for r in references if r.tensor == anchor.tensor):
        extended = dict(mapping)
        pairs = zip(anchor.args, reference.args, strict=True)
        if all(extended.setdefault(a.index, b) is b for a, b in pairs):  # type: ignore[attr-defined]
            yield from _mappings(rest, references, extended)


def _take(held: dict[Expr, Expr], wanted: list[Expr]) -> list[Expr] | None:
    """What is left of the held powers after the wanted ones are taken out, or None where they
    are not all there.
    """
    left = dict(held)
    for factor in wanted:
        base, exp = base_exp(factor)
        have = left.get(base)
        if have is None:
            return None
        if have is exp:
            del left[base]
            continue
        if not (isinstance(have, Num) and isinstance(exp, Num)):
            return None
        if have.value * exp.value < 0 or abs(have.value) < abs(exp.value):
            return None
        left[base] = num(have.value - exp.value)
    return [nodes.power(b, e) for b, e in left.items()]
