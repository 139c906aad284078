"""Normal form: a sum of generalised einsum terms, each a coefficient times powers of canonical factors.

Everything is expanded, Σ is linear, every δ under a Σ is sifted, what does not depend on a bound index stands outside its Σ,
and bound indices have canonical names; so two expressions with one normal form are equal, and are one object. A factor is a
tensor element, a function of normal forms, a root or reciprocal of a normal form, or one connected Σ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import isqrt
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.functions import is_nonnegative, is_positive
from ..index.nodes import ONE, ZERO, Add, Expr, Mul, Num, Pow, Reduce, base_exp, num
from ..index.walk import fresh, rebuild, substitute, transform

MOST_TERMS = 160  # past this an expansion is given up: the unexpanded form is kept
LEVEL = 8  # canonical bound names of one nesting level

_MEMO: dict[Expr, Expr] = {}


class TooLarge(Exception):
    """An expansion grew past the bound; whoever asked keeps the unexpanded form."""


def normal(expr: Expr) -> Expr:
    """The normal form of an expression."""
    found = _MEMO.get(expr)
    if found is None:
        found = _NORMAL.get(type(expr), _children)(expr)
        _MEMO[expr] = found
        _MEMO[found] = found
    return found


def terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; none for zero."""
    if expr is ZERO:
        return ()
    return expr.args if isinstance(expr, Add) else (expr,)


def factors(term: Expr) -> tuple[Expr, ...]:
    """The factors of a term without its coefficient; none for a number."""
    _, rest = nodes.coefficient(term)
    if rest is ONE:
        return ()
    return rest.args if isinstance(rest, Mul) else (rest,)


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
    """Restore normal form after normal factors were multiplied: powers of sums expand, exp's merge, δ renames."""
    if not isinstance(term, (Mul, Pow)):
        return term
    parts = term.args if isinstance(term, Mul) else (term,)
    pairs = [base_exp(f) for f in parts]
    wild = [n for n, (b, e) in enumerate(pairs) if isinstance(b, (Add, Mul)) and _whole(e) > 0]
    if wild:
        opened = [p if n not in wild else power_of(b, e)
                  for n, (p, (b, e)) in enumerate(zip(parts, pairs, strict=True))]
        return multiply(opened)
    exps = [(b, e) for b, e in pairs if isinstance(b, nodes.Call) and b.function == "exp"]
    if len(exps) > 1 or any(e is not ONE for _, e in exps):
        rest = [f for f, (b, _) in zip(parts, pairs, strict=True)
                if not (isinstance(b, nodes.Call) and b.function == "exp")]
        return multiply([*rest, _exp(nodes.add(*(normal(nodes.mul(b.args[0], e)) for b, e in exps)))])
    return _rename_by_delta(term, parts)


def _rename_by_delta(term: Expr, parts: tuple[Expr, ...]) -> Expr:
    """δ_ik f_k is δ_ik f_i: under a δ of two free indices the later one is written as the earlier."""
    for part in parts:
        if isinstance(part, nodes.Delta) and all(isinstance(a, nodes.Idx) for a in part.args):
            keep, drop = sorted(a.index for a in part.args)  # type: ignore[attr-defined]
            others = [f for f in parts if f is not part]
            if any(drop in f.free for f in others):
                return multiply([part, *(normal(substitute(f, {drop: keep})) for f in others)])
    return term


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
        if 0 < whole <= 6 and len(base.args) ** whole <= MOST_TERMS:
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


def _exp(exponent: Expr) -> Expr:
    """exp(a + k log z) = z^k exp(a)."""
    logs, rest = [], []
    for term in terms(exponent):
        found = [f for f in factors(term) if isinstance(f, nodes.Call) and f.function == "log"]
        if len(found) == 1:
            logs.append(nodes.power(found[0].args[0], nodes.mul(term, nodes.power(found[0], num(-1)))))
        else:
            rest.append(term)
    remaining = nodes.add(*rest)
    if remaining is not ZERO:
        logs.append(nodes.call("exp", remaining))
    return logs[0] if len(logs) == 1 and not isinstance(logs[0], Pow) else multiply(
        [one if isinstance(one, nodes.Call) else normal(one) for one in logs] or [ONE]
    )


def _log(arg: Expr) -> Expr:
    if arg is ONE:
        return ZERO
    if isinstance(arg, nodes.Call) and arg.function == "exp":
        return arg.args[0]
    return nodes.call("log", arg)


def _abs(arg: Expr) -> Expr:
    if is_nonnegative(arg):
        return arg
    return nodes.call("abs", normal(-arg) if _leads_negative(arg) else arg)


def _leads_negative(arg: Expr) -> bool:
    """True for one of u and -u, and always for the same one."""
    first = min(terms(arg), key=lambda t: nodes.coefficient(t)[1], default=ONE)
    return nodes.coefficient(first)[0] < 0


def _sigmoid(arg: Expr) -> Expr:
    """σ(-u) = 1 - σ(u)."""
    if _leads_negative(arg):
        return ONE - nodes.call("sigmoid", normal(-arg))
    return nodes.call("sigmoid", arg)


def _odd(function: str) -> Callable[[Expr], Expr]:
    """f(-u) = -f(u)."""
    return lambda arg: -nodes.call(function, normal(-arg)) if _leads_negative(arg) else nodes.call(function, arg)


def _even(function: str) -> Callable[[Expr], Expr]:
    """f(-u) = f(u)."""
    return lambda arg: nodes.call(function, normal(-arg) if _leads_negative(arg) else arg)


def _logaddexp(left: Expr, right: Expr) -> Expr:
    """log(e^a + e^b) = log(1 + e^(a-b)) + b, and log(1 + e^-u) = log(1 + e^u) - u."""
    difference = normal(left - right)
    if right is ZERO and not _leads_negative(difference):
        return nodes.call("logaddexp", left, ZERO)
    if _leads_negative(difference):
        return nodes.call("logaddexp", normal(-difference), ZERO) + left
    return nodes.call("logaddexp", difference, ZERO) + right


_ODD = ("tanh", "sinh", "sin", "tan", "arcsin", "arctan", "arcsinh", "arctanh", "erf", "sign")
_CALLS: dict[str, Callable[..., Expr]] = {
    "exp": _exp, "log": _log, "abs": _abs, "sigmoid": _sigmoid, "logaddexp": _logaddexp,
    "cos": _even("cos"), "cosh": _even("cosh"), **{name: _odd(name) for name in _ODD},
}


def _call(expr: nodes.Call) -> Expr:
    args = [normal(a) for a in expr.args]
    rule = _CALLS.get(expr.function)
    return rule(*args) if rule else nodes.call(expr.function, *args)


def _delta(expr: nodes.Delta) -> Expr:
    """δ(a, b) written as δ(i, e), i the first index variable that can be isolated."""
    difference = normal(expr.args[0] - expr.args[1])
    if isinstance(difference, Num):
        return ONE if difference is ZERO else ZERO
    solved = isolate(difference)
    return nodes.delta(*solved) if solved else nodes.delta(*(normal(a) for a in expr.args))


def decided(expr: Expr) -> Expr:
    """The expression with every bracket on indices decided that the ranges of the indices decide."""
    return transform(expr, lambda e: _bracket(e) if isinstance(e, nodes.Bracket) and not e.tensors else None)


def _bracket(expr: nodes.Bracket) -> Expr:
    """[a > b] on index expressions is 1 or 0 where the ranges of the indices say so."""
    left, right = (normal(a) for a in expr.args)
    if not (left.tensors or right.tensors) and expr.relation != "eq":
        low, high = _bounds(left - right)
        margin = num(1) if expr.relation == "gt" else ZERO
        if low is not None and high is not None:
            if _never_negative(low - margin):
                return ONE
            if _never_negative(margin - num(1) - high):
                return ZERO
    return nodes.bracket(expr.relation, left, right)


def isolate(difference: Expr, among: Iterable[Index] | None = None) -> tuple[Expr, Expr] | None:
    """An index variable i (one of `among`, where given) and the e that makes i - e = ± difference."""
    wanted = None if among is None else frozenset(among)
    chosen: list[tuple[Index, Fraction]] = []
    for term in terms(difference):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Idx) and abs(count) == 1 and (wanted is None or rest.index in wanted):
            others = nodes.add(*(t for t in terms(difference) if t is not term))
            if rest.index not in others.free:
                chosen.append((rest.index, count))
    if not chosen:
        return None
    index, count = min(chosen)
    rest = normal(nodes.idx(index) - nodes.mul(num(count), difference))
    return nodes.idx(index), rest


def _reduce(expr: Reduce) -> Expr:
    if expr.op != "sum":
        return _canonical(expr.op, list(expr.bound), [normal(expr.args[0])])
    apart = {b: fresh(b) for b in expr.bound}
    body = normal(substitute(expr.args[0], apart))
    return nodes.add(*(sum_term(list(apart.values()), t) for t in terms(body)))


def flatten(term: Expr) -> tuple[Fraction, list[Expr], list[Index]]:
    """A term as coefficient, factors, bound indices: plain Σ factors are opened, their indices renamed apart."""
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
    """Σ over `bound` of one normal term: sift, open nested sums, pull out, split into connected sums."""
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
        out.append(_canonical("sum", group, members) if members else nodes.size(group[0].dim))
    return settle(nodes.mul(*out)) if len(out) > 2 else nodes.mul(*out)


def tidy(expr: Expr) -> Expr:
    """The same expression, unexpanded, with canonical names for all its bound indices."""
    if not expr.args:
        return expr
    if isinstance(expr, Reduce):
        return _canonical(expr.op, list(expr.bound), [tidy(expr.args[0])])
    return rebuild(expr, tuple(tidy(a) for a in expr.args))


def forget() -> None:
    """Drop what was memoised for earlier derivations."""
    _MEMO.clear()
    _LEVELS.clear()


def _sift(flat: Sequence[Expr], bound: list[Index]) -> tuple[Index, Expr, list[Expr]] | None:
    """A bound index that a δ fixes, its value, and a guard for each end of its dim where the value may lie beyond it."""
    for factor in flat:
        if not isinstance(factor, nodes.Delta):
            continue
        solved = isolate(normal(factor.args[0] - factor.args[1]), bound)
        if solved is not None:
            index, value = solved[0].index, solved[1]  # type: ignore[attr-defined]
            return index, value, guards(value, index)
    return None


def guards(value: Expr, index: Index) -> list[Expr]:
    """Brackets that keep an index expression within the dim of `index`; none where it certainly is.

    A label is within: the forward itself looked up the element that it selects.
    """
    low, high = _bounds(value)
    if low is None or high is None:
        return []
    last = nodes.size(index.dim) - num(1)
    below = [] if _never_negative(low) else [nodes.bracket("ge", value, ZERO)]
    above = [] if _never_negative(last - high) else [nodes.bracket("ge", last, value)]
    return below + above


def _bounds(value: Expr) -> tuple[Expr | None, Expr | None]:
    """The least and the greatest value of a linear index expression, in terms of sizes."""
    low, high = ZERO, ZERO
    for term in terms(normal(value)):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Idx):
            reach = nodes.mul(num(count), nodes.size(rest.index.dim) - num(1))
            low, high = (low, high + reach) if count > 0 else (low + reach, high)
        elif isinstance(rest, (Num, nodes.Size)):
            low, high = low + term, high + term
        else:
            return None, None
    return low, high


def _never_negative(value: Expr) -> bool:
    """True where a linear form in sizes is not negative, every size being at least 1."""
    total = Fraction(0)
    for term in terms(normal(value)):
        count, rest = nodes.coefficient(term)
        if rest is not ONE and (not isinstance(rest, nodes.Size) or count < 0):
            return False
        total += count
    return total >= 0


def components(flat: list[Expr], bound: list[Index]) -> list[tuple[list[Index], list[Expr]]]:
    """Bound indices grouped by the factors that hold them; an index that none holds is alone with no factor."""
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


def _canonical(op: str, bound: list[Index], members: list[Expr]) -> Expr:
    """One connected reduction, with canonical names for its bound indices: the least of all renamings."""
    level = 1 + max((_level(m) for m in members), default=0)
    best: Expr | None = None
    for order in _orders(bound, members):
        names = {b: Index(b.dim, -(level * LEVEL + n)) for n, b in enumerate(order)}
        body = nodes.mul(*(substitute(m, names) for m in members))
        found = nodes.reduce_(op, names.values(), body)
        if best is None or found.key < best.key:
            best = found
    assert best is not None
    return best


def _orders(bound: list[Index], members: list[Expr]) -> list[tuple[Index, ...]]:
    """The orders of the bound indices worth trying: by dim and by how they occur; only ties are permuted."""
    if len(bound) == 1:
        return [tuple(bound)]
    blank = {b: Index(b.dim, -7) for b in bound}
    signs = {}
    for b in bound:
        marked: dict[Index, Any] = {**blank, b: Index(b.dim, -6)}
        signs[b] = (b.dim, sorted(substitute(m, marked).key for m in members if b in m.free))
    groups: list[list[Index]] = []
    for b in sorted(bound, key=lambda b: signs[b]):
        if groups and signs[groups[-1][0]] == signs[b]:
            groups[-1].append(b)
        else:
            groups.append([b])
    choices = [list(permutations(g)) if len(g) <= 4 else [tuple(g)] for g in groups]
    return [tuple(i for group in combo for i in group) for combo in product(*choices)]


_LEVELS: dict[Expr, int] = {}


def _level(expr: Expr) -> int:
    """How deep reductions are nested in an expression."""
    found = _LEVELS.get(expr)
    if found is None:
        found = max((_level(a) for a in expr.args), default=0)
        if isinstance(expr, Reduce):
            found = max(found, *(-b.serial // LEVEL for b in expr.bound if b.serial < 0), 0) if any(
                b.serial < 0 for b in expr.bound) else found + 1
        _LEVELS[expr] = found
    return found


_NORMAL: dict[type[Expr], Callable[[Any], Expr]] = {
    Add: _add, Mul: _mul, Pow: _pow, nodes.Call: _call, nodes.Delta: _delta, nodes.Bracket: _bracket,
    Reduce: _reduce,
}
