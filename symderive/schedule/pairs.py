"""Sums of products of several arrays, as products of two at a time, the cheapest order first.

A sum over all indices at once takes as many steps as there are places of all of them together:
Σ_jk a_ij b_jk c_kl takes n⁴, and in pairs twice n³.
"""

from __future__ import annotations

from itertools import combinations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.walk import transform, walk
from .shapes import canonical, groups_of, is_contraction, reading_order, weight
from .statements import Statement
from .subexpressions import Lines

Pair = tuple[Expr, ...]


def contract_in_pairs(lines: Lines) -> None:
    """No sum of products is left that has more than two groups of factors.

    What only one group has is summed there first. Of all pairs, that with the fewest operations
    goes first; of equal ones that with the smaller result, then the earlier one.
    """
    while (place := _next_of_several(lines.statements)) is not None:
        statement, total = place
        groups = groups_of(total)
        alone: list[Pair] = [(g,) for g in groups if _summed(total, groups, (g,))]
        pairs = alone[:1] or list(combinations(groups, 2))
        pair = min(pairs, key=lambda pair: _price(total, groups, pair))
        own = _summed(total, groups, pair)
        joined = nodes.sum_(own, nodes.mul(*pair))
        others = [g for g in groups if g not in pair]
        left = [b for b in total.bound if b not in own]
        _replace(lines, total, nodes.sum_(left, nodes.mul(*others, joined)))
        lines.introduce(*_named(joined, statement.indices))


def _named(joined: Expr, frame: tuple[Index, ...]) -> tuple[Expr, tuple[Index, ...]]:
    """A value in canonical letters, and its indices: first those of the result, in its order."""
    same, free = canonical(joined)
    letters = dict(zip(free, sorted(same.free), strict=True))
    wanted = dict.fromkeys((*(i for i in frame if i in free), *reading_order(joined)))
    return same, tuple(letters[i] for i in wanted)


def _replace(lines: Lines, old: Expr, new: Expr) -> None:
    for place, s in enumerate(lines.statements):
        value = transform(s.value, lambda node: new if node is old else None)
        lines.statements[place] = Statement(s.tensor, s.indices, value, s.equation)


def _next_of_several(statements: list[Statement]) -> tuple[Statement, nodes.Reduce] | None:
    for statement in statements:
        for node in walk(statement.value):
            if isinstance(node, nodes.Reduce) and is_contraction(node) and len(groups_of(node)) > 2:
                return statement, node
    return None


def _is_of_several(total: nodes.Reduce) -> bool:
    groups = groups_of(total)
    return len(groups) > 2 or any(_summed(total, groups, (g,)) for g in groups)


def _price(total: nodes.Reduce, groups: list[Expr], pair: Pair) -> tuple[float, float]:
    """The operations that a product of two takes, and the size of its result."""
    free = nodes.mul(*pair).free
    return _size(free), _size(free - set(_summed(total, groups, pair)))


def _size(indices: frozenset[Index]) -> float:
    return weight(tuple(i.dim for i in indices))


def _summed(total: nodes.Reduce, groups: list[Expr], pair: Pair) -> tuple[Index, ...]:
    """The summed indices of a pair that no other factor has."""
    others = {i for g in groups if g not in pair for i in g.free}
    own = nodes.mul(*pair).free
    return tuple(b for b in total.bound if b in own and b not in others)
