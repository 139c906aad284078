"""Canonical names for bound indices: reductions that differ in names alone are one object."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.memo import table
from ..index.nodes import Expr, Reduce
from ..index.walk import rebuild, rename_bound, substitute

LEVEL = 8  # canonical names of one nesting level


def canonical(op: str, bound: list[Index], members: list[Expr]) -> Expr:
    """One connected reduction, with canonical names for its bound indices: the least of all
    renamings.
    """
    depth = 1 + max((level(m) for m in members), default=0)
    best: Expr | None = None
    for order in _orders(bound, members):
        names = {b: Index(b.dim, -(depth * LEVEL + n)) for n, b in enumerate(order)}
        body = nodes.mul(*(substitute(m, names) for m in members))
        found = nodes.reduce_(op, names.values(), body)
        if best is None or found.key < best.key:
            best = found
    assert best is not None
    return best


def _orders(bound: list[Index], members: list[Expr]) -> list[tuple[Index, ...]]:
    """The orders of the bound indices worth trying: by dim and by how they occur; only ties are
    permuted.
    """
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


_LEVELS: dict[Expr, int] = table()


def level(expr: Expr) -> int:
    """How deep reductions are nested in an expression."""
    found = _LEVELS.get(expr)
    if found is None:
        found = max((level(a) for a in expr.args), default=0)
        if isinstance(expr, Reduce):
            found = (
                max(found, *(-b.serial // LEVEL for b in expr.bound if b.serial < 0), 0)
                if any(b.serial < 0 for b in expr.bound)
                else found + 1
            )
        _LEVELS[expr] = found
    return found


def tidy(expr: Expr) -> Expr:
    """The same expression, unexpanded, with canonical names for all its bound indices."""
    if not expr.args:
        return expr
    if isinstance(expr, Reduce):
        apart = rename_bound(expr)  # a canonical name inside must not meet one that is free there
        return canonical(apart.op, list(apart.bound), [tidy(apart.args[0])])
    return rebuild(expr, tuple(tidy(a) for a in expr.args))
