"""Canonical names for bound indices: reductions that differ in names alone are one object."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.memo import Table, table
from ..index.nodes import ONE, Expr, Reduce
from ..index.ranges import isolate
from ..index.walk import rebuild, refs, rename_bound, substitute, transform, walk

LEVEL = 8  # canonical names of one nesting level
MOST_TURNED = 64  # starts that are tried for indices that go around


def canonical(op: str, bound: list[Index], members: list[Expr], turned: bool = True) -> Expr:
    """One connected reduction, with canonical names for its bound indices: the least of all
    renamings, and of all places where an index that goes around may start.
    """
    depth = 1 + max((level(m) for m in members), default=0)
    found: list[tuple[int, int, bytes, Expr]] = []
    for way in _turned(bound, members) if turned else [members]:
        for order in _orders(bound, way):
            names = {b: Index(b.dim, -(depth * LEVEL + n)) for n, b in enumerate(order)}
            body = nodes.mul(*(substitute(m, names) for m in way))
            whole = nodes.reduce_(op, names.values(), body)
            found.append((*_turns(body), whole.key, whole))
    return min(found)[-1]


def _turned(bound: list[Index], members: list[Expr]) -> list[list[Expr]]:
    """The members, and what they are where an index that goes around starts elsewhere: a sum of
    x[i] y[(i + 1) mod n] is one of x[(i - 1) mod n] y[i].
    """
    ways = [members]
    for b in bound:
        moved = {place for m in members for place in _around(m) if b in place.free}
        if moved and not any(b in _outside(m).free for m in members):
            other = Index(b.dim, -5)
            starts = [isolate(place - nodes.idx(other), [b]) for place in moved]
            turns = [{b: substitute(s[1], {other: b})} for s in starts if s is not None]
            ways += [[substitute(m, turn) for m in way] for turn in turns for way in ways]
    return ways[:MOST_TURNED]


def _turns(expr: Expr) -> tuple[int, int]:
    """How many places go around, and how many axes the elements have that are at such places."""
    moved = [len(r.args) for r in refs(expr) if any(isinstance(a, nodes.Mod) for a in r.args)]
    return len(_around(expr)), sum(moved)


def _around(expr: Expr) -> set[Expr]:
    return {n for n in walk(expr) if isinstance(n, nodes.Mod)}


def _outside(expr: Expr) -> Expr:
    """The expression without the elements of tensors."""
    return transform(expr, lambda e: ONE if isinstance(e, nodes.Ref) else None)


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


_LEVELS: Table[Expr, int] = table()


def level(expr: Expr) -> int:
    """How deep reductions are nested in an expression."""
    found = _LEVELS.known.get(expr)
    if found is None:
        found = max((level(a) for a in expr.args), default=0)
        if isinstance(expr, Reduce):
            found = (
                max(found, *(-b.serial // LEVEL for b in expr.bound if b.serial < 0), 0)
                if any(b.serial < 0 for b in expr.bound)
                else found + 1
            )
        _LEVELS.known[expr] = found
    return found


def tidy(expr: Expr) -> Expr:
    """The same expression, unexpanded, with canonical names for all its bound indices."""
    if not expr.args:
        return expr
    if isinstance(expr, Reduce):
        apart = rename_bound(expr)  # a canonical name inside must not meet one that is free there
        return canonical(apart.op, list(apart.bound), [tidy(apart.args[0])], turned=False)
    return rebuild(expr, tuple(tidy(a) for a in expr.args))
