"""Normal form: a sum of generalised einsum terms, each a coefficient times powers of canonical
factors.

Everything is expanded, Σ is linear, every δ under a Σ is sifted, what does not depend on a bound
index stands outside its Σ, and bound indices have canonical names; so two expressions with one
normal form are equal, and are one object. A factor is a tensor element, a function of normal forms,
a root or reciprocal of a normal form, or one connected Σ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product
from math import isqrt
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.functions import is_nonnegative, is_positive
from ..index.memo import Table, table
from ..index.nodes import ONE, ZERO, Add, Expr, Mul, Num, Pow, Reduce, base_exp, num
from ..index.ranges import bracket, guards, isolate
from ..index.terms import factors, terms
from ..index.walk import fresh, rebuild, substitute
from .calls import normal_call
from .canonical import canonical
from .choices import excluded, joined

MOST_POWER = 6
MOST_TERMS = 160  # past this an expansion is given up: the unexpanded form is kept

_MEMO: Table[Expr, Expr] = table()


class TooLarge(Exception):
    """An expansion grew past the bound; whoever asked keeps the unexpanded form."""


def normal(expr: Expr) -> Expr:
    """The normal form of an expression."""
    found = _MEMO.known.get(expr)
    if found is None:
        found = joined(_NORMAL.get(type(expr), _children)(expr))
        _MEMO.known[expr] = found
        _MEMO.known[found] = found
    return found


def _call(expr: nodes.Call) -> Expr:
    args = [normal(a) for a in expr.args]
    found = normal_call(expr.function, *args)
    return found if isinstance(found, nodes.Call) else normal(found)


def _exp(exponent: Expr) -> Expr:
    return normal(nodes.call("exp", exponent))


def _bracket(expr: nodes.Bracket) -> Expr:
    return bracket(nodes.bracket(expr.relation, *map(normal, expr.args)))


def _children(expr: Expr) -> Expr:
    return rebuild(expr, tuple(normal(a) for a in expr.args)) if expr.args else expr


def _add(expr: Expr) -> Expr:
    return nodes.add(*(normal(a) for a in expr.args))


def _mul(expr: Expr) -> Expr:
    return multiply([normal(a) for a in expr.args])


def multiply(normals: list[Expr]) -> Expr:
    """The product of normal forms, expanded."""
    count = 1
    for one in normals:
        count *= len(terms(one))
    if count > MOST_TERMS:
        raise TooLarge(f"a product of {count} terms")
    if count == 1:
        return settle(nodes.mul(*normals))
    return nodes.add(*(settle(nodes.mul(*chosen)) for chosen in product(*map(terms, normals))))


def settle(term: Expr) -> Expr:
    """Restore normal form after normal factors were multiplied: powers of sums expand, exp's
    merge, δ renames.
    """
    if not isinstance(term, (Mul, Pow)):
        return term
    parts = term.args if isinstance(term, Mul) else (term,)
    if excluded(parts):
        return ZERO
    pairs = [base_exp(f) for f in parts]
    wild = [n for n, (b, e) in enumerate(pairs) if _is_opened(b, e)]
    if wild:
        opened = [
            p if n not in wild else power_of(b, e)
            for n, (p, (b, e)) in enumerate(zip(parts, pairs, strict=True))
        ]
        return multiply(opened)
    exps = [(b, e) for b, e in pairs if isinstance(b, nodes.Call) and b.function == "exp"]
    if len(exps) > 1 or any(e is not ONE for _, e in exps):
        rest = [
            f
            for f, (b, _) in zip(parts, pairs, strict=True)
            if not (isinstance(b, nodes.Call) and b.function == "exp")
        ]
        return multiply(
            [*rest, _exp(nodes.add(*(normal(nodes.mul(b.args[0], e)) for b, e in exps)))]
        )
    return _rename_by_delta(term, parts)


def _rename_by_delta(term: Expr, parts: tuple[Expr, ...]) -> Expr:
    """δ_ik f_k is δ_ik f_i: under a δ of two free indices the later one is written as the
    earlier, and under a δ with a label the index as the label.
    """
    for part in parts:
        free = (
            [a.index for a in part.args if isinstance(a, nodes.Idx)]
            if isinstance(part, nodes.Delta)
            else []
        )
        if len(free) == 2:
            keep, drop = sorted(free)
            others = [f for f in parts if f is not part]
            if any(drop in f.free for f in others):
                return multiply([part, *(normal(substitute(f, {drop: keep})) for f in others)])
        elif isinstance(part, nodes.Delta) and len(parts) > 1:
            index, label = sorted(part.args, key=lambda a: not isinstance(a, nodes.Idx))
            if isinstance(index, nodes.Idx) and isinstance(label, nodes.Ref):
                over, others = {index.index: label}, [f for f in parts if f is not part]
                if index.index not in label.free and any(index.index in f.free for f in others):
                    return multiply([part, *(normal(substitute(f, over)) for f in others)])
    return term


def _is_opened(base: Expr, exp: Expr) -> bool:
    """True where a power is written out: of a product, and of a sum unless that grew too long."""
    whole = _whole(exp)
    if isinstance(base, Add):
        return 0 < whole <= MOST_POWER and len(base.args) ** whole <= MOST_TERMS
    return isinstance(base, Mul) and whole > 0


def _whole(exp: Expr) -> int:
    """The exponent as an integer above zero, or 0."""
    if isinstance(exp, Num) and exp.value.denominator == 1 and exp.value > 0:
        return exp.value.numerator
    return 0


def _pow(expr: Expr) -> Expr:
    return power_of(normal(expr.args[0]), normal(expr.args[1]))


def power_of(base: Expr, exp: Expr) -> Expr:
    """A normal form raised to a normal exponent."""
    whole = _whole(exp)
    if isinstance(base, Add):
        if _is_opened(base, exp):
            return multiply([base] * whole)
        return _pull_content(base, exp)
    if isinstance(base, Num):
        return _power_of_number(base.value, exp)
    if isinstance(base, nodes.Call) and base.function == "exp":
        return _exp(normal(nodes.mul(base.args[0], exp)))
    if isinstance(exp, Num) and exp.value.denominator == 1:
        return settle(nodes.power(base, exp))
    return _fractional(base, exp)


def _pull_content(base: Expr, exp: Expr) -> Expr:
    """(2a + 2b)^p = 2^p (a + b)^p for a positive number: so that a root has one normal form."""
    counts = [nodes.coefficient(t)[0] for t in terms(base)]
    content = counts[0] if all(abs(c) == abs(counts[0]) for c in counts) else Fraction(1)
    content = abs(content)
    if content == 1:
        return nodes.power(base, exp)
    scaled = nodes.add(*(nodes.mul(num(1 / content), t) for t in terms(base)))
    return nodes.mul(_power_of_number(content, exp), nodes.power(scaled, exp))


def _power_of_number(value: Fraction, exp: Expr) -> Expr:
    if isinstance(exp, Num) and exp.value.denominator == 2 and value > 0:
        root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
        if root * root == value:
            return num(root**exp.value.numerator)
    return nodes.power(num(value), exp)


def _fractional(base: Expr, exp: Expr) -> Expr:
    """(a b)^p = a^p b^p where a is positive; (a^q)^p = a^(q p) where a is."""
    count, rest = nodes.coefficient(base)
    outside: list[Expr] = []
    inside: list[Expr] = []
    if count > 0 and count != 1:
        outside.append(_power_of_number(count, exp))
    elif count != 1:
        inside.append(num(count))
    for factor in factors(rest) if rest is not ONE else ():
        b, e = base_exp(factor)
        if is_positive(b) or (is_nonnegative(b) and _whole(e) == 1):
            outside.append(nodes.power(b, normal(nodes.mul(e, exp))))
        else:
            inside.append(factor)
    if inside:
        outside.append(nodes.power(nodes.mul(*inside), exp))
    return settle(nodes.mul(*outside))


def _delta(expr: nodes.Delta) -> Expr:
    """δ(a, b) written as δ(i, e), i the first index variable that can be isolated."""
    difference = normal(expr.args[0] - expr.args[1])
    if isinstance(difference, Num):
        return ONE if difference is ZERO else ZERO
    solved = isolate(difference)
    return (
        nodes.delta(solved[0], normal(solved[1]))
        if solved
        else nodes.delta(*(normal(a) for a in expr.args))
    )


def _reduce(expr: Reduce) -> Expr:
    if expr.op != "sum":
        return canonical(expr.op, list(expr.bound), [normal(expr.args[0])])
    apart = {b: fresh(b) for b in expr.bound}
    body = normal(substitute(expr.args[0], apart))
    return nodes.add(*(sum_term(list(apart.values()), t) for t in terms(body)))


def flatten(term: Expr) -> tuple[Fraction, list[Expr], list[Index]]:
    """A term as coefficient, factors, bound indices: plain Σ factors are opened, their indices
    renamed apart.
    """
    count, _ = nodes.coefficient(term)
    flat: list[Expr] = []
    bound: list[Index] = []
    for factor in factors(term):
        if isinstance(factor, Reduce) and factor.op == "sum":
            apart = {b: fresh(b) for b in factor.bound}
            bound.extend(apart.values())
            flat.extend(factors(substitute(factor.args[0], apart)))
        else:
            flat.append(factor)
    return count, flat, bound


def sum_term(bound: list[Index], term: Expr) -> Expr:
    """Σ over `bound` of one normal term: sift, open nested sums, pull out, split into connected
    sums.
    """
    count, _ = nodes.coefficient(term)
    flat: list[Expr] = []
    over = list(bound)
    for factor in factors(term):
        if isinstance(factor, Reduce) and factor.op == "sum" and not factor.free.isdisjoint(bound):
            apart = {b: fresh(b) for b in factor.bound}
            over.extend(apart.values())
            flat.extend(factors(substitute(factor.args[0], apart)))
        else:
            flat.append(factor)
    return assemble(count, flat, over)


def assemble(count: Fraction, flat: Sequence[Expr], bound: list[Index]) -> Expr:
    """Coefficient, factors and bound indices as a normal form."""
    sifted = _sift(flat, bound)
    if sifted is not None:
        index, value, guards = sifted
        rest = [b for b in bound if b != index]
        body = multiply([*guards, *(normal(substitute(f, {index: value})) for f in flat)])
        return nodes.add(*(nodes.mul(num(count), sum_term(rest, t)) for t in terms(body)))
    merged = nodes.mul(*flat)
    pieces = list(factors(merged))
    out: list[Expr] = [num(count), num(nodes.coefficient(merged)[0])]
    out.extend(f for f in pieces if f.free.isdisjoint(bound))
    for group, members in components(pieces, bound):
        out.append(canonical("sum", group, members) if members else nodes.size(group[0].dim))
    return settle(nodes.mul(*out)) if len(out) > 2 else nodes.mul(*out)


def _sift(flat: Sequence[Expr], bound: list[Index]) -> tuple[Index, Expr, list[Expr]] | None:
    """A bound index that a δ fixes, its value, and a guard for each end of its dim where the
    value may lie beyond it.
    """
    for factor in flat:
        if not isinstance(factor, nodes.Delta):
            continue
        solved = isolate(normal(factor.args[0] - factor.args[1]), bound)
        if solved is not None:
            index, value = solved[0], normal(solved[1])
            return index, value, guards(value, index)
    return None


def components(flat: list[Expr], bound: list[Index]) -> list[tuple[list[Index], list[Expr]]]:
    """Bound indices grouped by the factors that hold them; an index that none holds is alone
    with no factor.
    """
    groups: list[tuple[set[Index], list[Expr]]] = [({b}, []) for b in bound]
    for factor in flat:
        touched = [g for g in groups if not g[0].isdisjoint(factor.free)]
        if not touched:
            continue
        joined: tuple[set[Index], list[Expr]] = (set(), [factor])
        for group in touched:
            joined[0].update(group[0])
            joined[1].extend(group[1])
        groups = [g for g in groups if g not in touched] + [joined]
    return [(sorted(g), members) for g, members in groups]


_NORMAL: dict[type[Expr], Callable[[Any], Expr]] = {
    Add: _add,
    Mul: _mul,
    Pow: _pow,
    nodes.Call: _call,
    nodes.Delta: _delta,
    nodes.Bracket: _bracket,
    Reduce: _reduce,
}
