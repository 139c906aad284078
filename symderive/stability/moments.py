"""E[x²] - E[x]² is the mean of squared deviations: the two means may agree in all their digits."""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, Add, Expr, Num, Reduce, Ref, num, size
from ..index.text import factors_of
from ..index.walk import fresh, substitute, transform
from .chain import Definitions, elementwise, opened, unfolded


@dataclass(frozen=True)
class Total:
    """scale · Σ body, as it is written: a sum, or the name of one, or of a mean."""

    written: Expr
    scale: Expr
    bound: tuple[Index, ...]
    body: Expr


def deviations(expr: Expr, known: Definitions) -> Expr | None:
    """The rule at one node: c (Σ f g - Σ f Σ g / n) -> c Σ (f - mean f)(g - mean g)."""
    if not isinstance(expr, Add):
        return None
    split = [(term, _totals(term, known)) for term in expr.args]
    for first, (count, sums) in split:
        for second, (negative, pair) in split:
            if len(sums) != 1 or len(pair) != 2:
                continue
            found = _centred(count, sums[0], negative, (pair[0], pair[1]), known)
            if found is not None:
                return nodes.add(found, *(t for t in expr.args if t not in (first, second)))
    return None


def _totals(term: Expr, known: Definitions) -> tuple[Expr, list[Total]]:
    """A term as a coefficient times sums, seen through names; a square counts twice."""
    count: Expr = ONE
    sums: list[Total] = []
    for factor in factors_of(term):
        base, exp = nodes.base_exp(factor)
        times = exp.value if isinstance(exp, Num) and exp.value in (1, 2) else 0
        total = _total(base, known) if times else None
        if total is None:
            count = count * factor
        else:
            count = count * total.scale ** num(times)
            sums += [total] * int(times)
    return count, sums


def _total(base: Expr, known: Definitions) -> Total | None:
    value = opened(base, known) if isinstance(base, Ref) else base
    if value is None:
        return None
    reductions = [f for f in factors_of(value) if isinstance(f, Reduce) and f.op == "sum"]
    if len(reductions) != 1:
        return None
    scale = nodes.mul(*(f for f in factors_of(value) if f is not reductions[0]))
    return Total(base, scale, reductions[0].bound, reductions[0].args[0])


def _centred(
    count: Expr, both: Total, negative: Expr, pair: tuple[Total, Total], known: Definitions
) -> Expr | None:
    if any(tuple(b.dim for b in p.bound) != tuple(b.dim for b in both.bound) for p in pair):
        return None
    length = nodes.mul(*(size(b.dim) for b in both.bound))
    if negative is not -count / length:
        return None
    bound = tuple(fresh(b) for b in both.bound)
    f, g = (substitute(p.body, dict(zip(p.bound, bound, strict=True))) for p in pair)
    product = substitute(both.body, dict(zip(both.bound, bound, strict=True)))
    if _seen(f * g, known) is not _seen(product, known):
        return None
    inside = nodes.mul(*(e - _mean(p, length) for e, p in zip((f, g), pair, strict=True)))
    mapping = dict(zip(bound, both.bound, strict=True))
    return count * nodes.sum_(both.bound, substitute(inside, mapping))


def _mean(total: Total, length: Expr) -> Expr:
    return total.written / (total.scale * length)


def _seen(expr: Expr, known: Definitions) -> Expr:
    """The expression with the names of elementwise values written out."""

    def leaf(node: Expr) -> Expr | None:
        value = opened(node, known)
        if value is None or not elementwise(unfolded(value, known)):
            return None
        return _seen(value, known)

    return transform(expr, leaf)
