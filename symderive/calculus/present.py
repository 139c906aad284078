"""Write a normal form as a person would: common factors outside, sums nested by the cheapest
order, sums of sums joined.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, Add, Expr, Num, Reduce, base_exp, num
from ..index.places import chooses_values, is_there
from ..index.terms import factors, terms
from ..index.walk import rebuild, transform, walk
from .cost import Price, Weights, cost
from .squares import with_squares
from .supports import has_pole

MOST_TRIED = 5  # common factors that are tried at one level


def present(expr: Expr, weights: Weights) -> Expr:
    """An equal expression that is cheap and short: the inverse of normalising, chosen by cost."""
    return Presenter(weights).sum(expr)


class Presenter:
    """Factors and nests normal forms under one set of weights."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._memo: dict[Expr, Expr] = {}
        self._terms: dict[Expr, Expr] = {}
        self._prices: dict[Expr, Price] = {}

    def price(self, expr: Expr) -> Price:
        """What an expression costs, under these weights."""
        found = self._prices.get(expr)
        if found is None:
            found = self._prices[expr] = cost(expr, self.weights)
        return found

    def sum(self, expr: Expr) -> Expr:
        """A sum of normal terms, factored."""
        found = self._memo.get(expr)
        if found is None:
            members = list(terms(expr))
            found = self._joined(self._factor(members))
            squared = with_squares(members)
            if len(squared) < len(members):
                found = min(self._joined(self._factor(squared)), found, key=self.price)
            self._memo[expr] = found
        return found

    def _joined(self, expr: Expr) -> Expr:
        joined = transform(expr, joined_opposites)
        return joined if self.price(joined) < self.price(expr) else expr

    def gather(self, expr: Expr) -> Expr:
        """An expression that was never expanded, with the factors that its terms share taken
        out, level by level.
        """
        if isinstance(expr, Add):
            return self._joined(self._factor([self.gather(a) for a in expr.args]))
        if isinstance(expr, (nodes.Mul, Reduce)):
            return rebuild(expr, tuple(self.gather(a) for a in expr.args))
        return expr

    def term(self, term: Expr) -> Expr:
        """One normal term: its opaque parts presented, its sums nested."""
        found = self._terms.get(term)
        if found is None:
            count, _ = nodes.coefficient(term)
            parts = (self._part(f) for f in factors(term))
            found = self._terms[term] = nodes.mul(num(count), *parts)
        return found

    def _part(self, factor: Expr) -> Expr:
        if isinstance(factor, Reduce):
            if factor.op == "sum":
                count, _ = nodes.coefficient(factor.args[0])  # an unexpanded Σ may hold a number
                nested = self._nest(list(factor.bound), list(factors(factor.args[0])))
                return nodes.mul(num(count), nested)
            return nodes.reduce_(factor.op, factor.bound, self.sum(factor.args[0]))
        if isinstance(factor, (nodes.Pow, nodes.Call)):
            return rebuild(factor, tuple(self.sum(a) for a in factor.args))
        return factor

    def _nest(self, bound: list[Index], flat: list[Expr]) -> Expr:
        """One connected Σ over several indices, summed in the cheapest order, one index at a
        time or all at once.
        """
        flat = [self._part(f) for f in flat]
        whole = nodes.sum_(bound, nodes.mul(*flat))
        if len(bound) == 1 or len(bound) > 4:
            return whole
        options = [self._nested(order, flat) for order in permutations(bound)]
        return min([whole, *options], key=lambda e: (self.price(e), e.key))

    def _nested(self, order: tuple[Index, ...], flat: list[Expr]) -> Expr:
        left = list(flat)
        for index in order:
            inside = [f for f in left if index in f.free]
            left = [f for f in left if index not in f.free]
            left.append(nodes.sum_([index], nodes.mul(*inside)))
        return nodes.mul(*left)

    def _factor(self, members: list[Expr], before: Expr = ONE) -> Expr:
        """c a + c b as c (a + b), greedily by what saves most.

        before: what is multiplied onto the sum, so that a scalar taken out can join another.
        """
        if len(members) == 1:
            return self.term(members[0])
        best = nodes.add(*(self.term(m) for m in members))
        if not members:
            return best
        chosen: tuple[list[Expr], list[Expr], Expr] | None = None
        price = self.price(nodes.mul(before, best))
        for common in self._worthwhile(members):
            inside = [m for m in members if _divides(common, m)]
            outside = [m for m in members if m not in inside]
            shared = _shared_brackets(inside)
            if not is_there(common, shared):
                continue
            if _needs_guards(common):
                if not _some_need_no_more(inside, shared):
                    continue
                common = nodes.mul(common, *shared)
            quotient = nodes.add(*(self.term(_divided(m, common)) for m in inside))
            product = nodes.mul(self.term(common), quotient)
            tried = nodes.add(product, *(self.term(m) for m in outside))
            tried_price = self.price(nodes.mul(before, tried))
            if (tried_price, tried.key) < (price, best.key):
                best, price, chosen = tried, tried_price, (inside, outside, common)
        if chosen is None:
            return self._join_sums(members, best)
        inside, outside, common = chosen
        taken = self.term(common)
        inner = self._factor(
            [_divided(m, common) for m in inside], taken if outside else nodes.mul(before, taken)
        )
        product = nodes.mul(taken, inner)
        return nodes.add(product, self._factor(outside)) if outside else product

    def _worthwhile(self, members: list[Expr]) -> list[Expr]:
        """The common factors that are most worth a try: held by many terms, over many elements."""
        common = _common_factors(members)
        if len(common) <= MOST_TRIED:
            return common

        def saved(factor: Expr) -> int:
            held = sum(_divides(factor, m) for m in members)
            return (held - 1) * (1 + self.weights.points(factor.free))

        return sorted(common, key=lambda f: (-saved(f), f.key))[:MOST_TRIED]

    def _join_sums(self, members: list[Expr], best: Expr) -> Expr:
        """Σ_i a_i + Σ_i b_i as Σ_i (a_i + b_i), where that is cheaper."""
        groups: dict[tuple[Index, ...], list[Expr]] = {}
        for member in members:
            parts = factors(member)
            if len(parts) == 1 and isinstance(parts[0], Reduce) and parts[0].op == "sum":
                groups.setdefault(parts[0].bound, []).append(member)
        for bound, joined in sorted(groups.items()):
            if len(joined) < 2:
                continue
            body = self._factor(
                [nodes.mul(num(nodes.coefficient(m)[0]), factors(m)[0].args[0]) for m in joined]
            )
            rest = [m for m in members if m not in joined]
            whole = nodes.sum_(bound, body)
            tried = nodes.add(whole, self._factor(rest)) if rest else whole
            if self.price(tried) < self.price(best):
                return tried
        return best


def _needs_guards(common: Expr) -> bool:
    """True for what divides, has a pole or is moved along its axis: that may not be finite, or not
    be there at all, but for the places that the brackets of all terms choose.
    """
    exponent = base_exp(common)[1]
    divides = isinstance(exponent, Num) and exponent.value < 0
    infinite = divides or any(map(has_pole, walk(common)))
    return bool(common.tensors) and (infinite or not is_there(common, ()))


def _shared_brackets(members: list[Expr]) -> list[Expr]:
    """The brackets that all terms have."""
    brackets = [f for f in factors(members[0]) if isinstance(f, nodes.Bracket)]
    return [b for b in brackets if all(b in factors(m) for m in members[1:])]


def _some_need_no_more(members: list[Expr], shared: list[Expr]) -> bool:
    """True where a term stands under no other comparison of values than all terms do: else what
    they share would be taken out of all guards, [x > 0] / x + [0 > x] / x.
    """
    return any(all(f in shared for f in factors(member) if chooses_values(f)) for member in members)


def _common_factors(members: list[Expr]) -> list[Expr]:
    """What at least two terms share: powers of one base, and a number that all share."""
    found: dict[Expr, list[Fraction]] = {}
    for member in members:
        for factor in factors(member):
            base, exp = base_exp(factor)
            if isinstance(exp, Num):
                found.setdefault(base, []).append(exp.value)
            else:
                found.setdefault(factor, []).append(Fraction(1))
    common = []
    for base, exps in found.items():
        for sign in (1, -1):
            same = [abs(e) for e in exps if e * sign > 0]
            if len(same) > 1:
                common.append(nodes.power(base, num(sign * min(same))))
    counts = [abs(nodes.coefficient(m)[0]) for m in members]
    if counts[0] != 1 and len(set(counts)) == 1:
        common.append(num(counts[0]))
    return sorted(common, key=lambda e: e.key)


def joined_opposites(node: Expr) -> Expr | None:
    """a (u - v) + b (v - u) as (a - b) (u - v)."""
    if not isinstance(node, Add):
        return None
    members = sorted(node.args, key=_chooses)  # p - δ, not δ - p
    for n, first in enumerate(members):
        for sum_ in (f for f in factors(first) if isinstance(f, Add)):
            opposite = nodes.add(*(-t for t in sum_.args))
            for second in members[n + 1 :]:
                if opposite in factors(second):
                    rest = (t for t in node.args if t not in (first, second))
                    left, right = _divided(first, sum_), _divided(second, opposite)
                    return nodes.add(nodes.mul(sum_, left - right), *rest)
    return None


def _chooses(term: Expr) -> bool:
    return any(isinstance(f, (nodes.Delta, nodes.Bracket)) for f in factors(term))


def _divides(common: Expr, member: Expr) -> bool:
    if isinstance(common, Num):
        return True
    base, exp = base_exp(common)
    for factor in factors(member):
        b, e = base_exp(factor)
        if factor is common:
            return True
        if b is base and isinstance(e, Num) and isinstance(exp, Num):
            return e.value * exp.value > 0 and abs(e.value) >= abs(exp.value)
    return False


def _divided(member: Expr, common: Expr) -> Expr:
    return nodes.mul(member, nodes.power(common, num(-1)))
