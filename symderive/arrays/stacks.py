"""`δ(0, k) A + δ(1, k) B + ...` over all of a short axis: arrays side by side."""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, ZERO, Expr, Num, num
from ..index.text import factors_of
from ..index.walk import substitute, transform, walk
from .axes import Axes
from .lowering import Lowering
from .moves import Stacked
from .nodes import REAL, Array

MOST_STACKED = 4  # pieces that are written out one by one


def stacked(low: Lowering, expr: nodes.Add, frame: Axes) -> Array | None:
    """The arrays side by side; None for any other sum."""
    found = _parts(expr) or _parts_wherever(expr)
    if found is None:
        return None
    index, parts = found
    if index not in frame or sorted(parts) != list(range(index.dim.length or 0)):
        return None
    inner = tuple(a for a in frame if a != index)
    arrays = tuple(low.real(parts[n], inner) for n in sorted(parts))
    if any(a.axes != inner or a.kind != REAL for a in arrays):
        return None
    return Stacked(arrays, frame.index(index) - len(frame), axes=frame)


def _parts(expr: nodes.Add) -> tuple[Index, dict[int, Expr]] | None:
    """k and the A, B, ... of a sum of which each term has a place of its own."""
    parts: dict[int, Expr] = {}
    index: Index | None = None
    for term in expr.args:
        found = _part(term)
        if found is None or index not in (None, found[0]) or found[1] in parts:
            return None
        index, parts[found[1]] = found[0], found[2]
    return None if index is None else (index, parts)


def _parts_wherever(expr: nodes.Add) -> tuple[Index, dict[int, Expr]] | None:
    """The same where the places stand inside of products: what the sum is at each of them. None
    where anything else depends on k, or where nothing is left at a place.
    """
    choices = {n for n in walk(expr) if isinstance(n, (nodes.Delta, nodes.Bracket))}
    places = {c for c in choices if len(c.free) == 1 and not c.tensors}
    fixed = [c for c in places if any(isinstance(a, Num) for a in c.args)]
    for index in sorted({i for c in fixed for i in c.free}):
        if not 1 < (index.dim.length or 0) <= MOST_STACKED:
            continue
        if index in _without(expr, {c for c in places if index in c.free}).free:
            continue
        parts = {n: substitute(expr, {index: num(n)}) for n in range(index.dim.length or 0)}
        if ZERO not in parts.values():
            return index, parts
    return None


def _without(expr: Expr, chosen: set[Expr]) -> Expr:
    return transform(expr, lambda node: ONE if node in chosen else None)


def _part(term: Expr) -> tuple[Index, int, Expr] | None:
    """A term `δ(c, k) A` as (k, c, A)."""
    for factor in factors_of(term):
        if (
            not isinstance(factor, (nodes.Delta, nodes.Bracket))
            or getattr(factor, "relation", "eq") != "eq"
        ):
            continue
        place, index = sorted(factor.args, key=lambda a: isinstance(a, nodes.Idx))
        rest = nodes.mul(*(f for f in factors_of(term) if f is not factor))
        if (
            isinstance(place, nodes.Num)
            and isinstance(index, nodes.Idx)
            and index.index not in rest.free
        ):
            return index.index, int(place.value), rest
    return None
