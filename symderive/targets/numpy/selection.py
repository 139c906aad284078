"""Brackets and δ: conditions, and `np.where`, which selects and never multiplies by 0."""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import ONE, ZERO, Expr, Num, num
from ...index.text import factors_of
from ...index.walk import substitute, transform, walk
from .pieces import ADD, ATOM, BITS, COMPARE, Axes, Piece, union
from .printer import Printer

_RELATION = {"gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_OPPOSITE = {"gt": "<=", "ge": "<", "eq": "!=", "ne": "=="}
MOST_STACKED = 4  # pieces that are written out one by one
_MIRROR = str.maketrans("<>", "><")


def condition(printer: Printer, factor: Expr, frame: Axes) -> Piece | None:
    """A factor that selects: a bracket, a δ, or one minus either; None for any other factor."""
    factor, negated = _bare(factor)
    if not isinstance(factor, (nodes.Bracket, nodes.Delta)):
        return None
    relation = factor.relation if isinstance(factor, nodes.Bracket) else "eq"
    sign = (_OPPOSITE if negated else _RELATION)[relation]
    left, right = factor.args
    if _comes_second(left, right):
        left, right, sign = right, left, sign.translate(_MIRROR)
    if not any(t for t in factor.tensors if not t.domain.is_label):
        printer = printer.indices()
    pieces = [printer.write(left, frame), printer.write(right, frame)]
    kind = "python" if all(p.kind == "python" for p in pieces) else "bool"
    return Piece(f"{pieces[0].at(BITS)} {sign} {pieces[1].at(BITS)}", COMPARE, union(pieces), kind)


def _comes_second(left: Expr, right: Expr) -> bool:
    """A number, or a mere size, stands on the right of a comparison."""
    return not left.tensors and not left.free and bool(right.tensors or right.free)


def _bare(factor: Expr) -> tuple[Expr, bool]:
    """The bracket of `1 - [a = b]`, and that it is negated; `[a ≠ b]` is δ, negated."""
    if isinstance(factor, nodes.Bracket) and factor.relation == "ne":
        return nodes.delta(*factor.args), True
    if isinstance(factor, nodes.Add) and len(factor.args) == 2 and nodes.ONE in factor.args:
        other = next(a for a in factor.args if a is not nodes.ONE)
        count, rest = nodes.coefficient(other)
        if count == -1 and isinstance(rest, (nodes.Bracket, nodes.Delta)):
            return rest, True
    return factor, False


def _asks_equality(expr: Expr) -> bool:
    return isinstance(expr, nodes.Delta) or (
        isinstance(expr, nodes.Bracket) and expr.relation == "eq"
    )


def both(conditions: list[Piece]) -> Piece:
    """Where every condition holds."""
    if len(conditions) == 1:
        return conditions[0]
    kind = "python" if all(c.kind == "python" for c in conditions) else "bool"
    return Piece(" & ".join(c.at(ADD) for c in conditions), BITS, union(conditions), kind)


def select(printer: Printer, chosen: Piece, then: Piece, otherwise: Piece) -> Piece:
    """`np.where(chosen, then, otherwise)`, in floating point."""
    pieces = [chosen, then, otherwise]
    code = f"np.where({', '.join(p.code for p in pieces)})"
    kind = "float" if any(p.kind == "float" for p in (then, otherwise)) else "integer"
    return printer.floats(Piece(code, ATOM, union(pieces), kind))


def complement(a: Expr, b: Expr) -> bool:
    """True for `[u > v] A`, `[v ≥ u] B` or `[u = v] A`, `(1 - [u = v]) B`: one always holds."""
    first, second = _selector(a), _selector(b)
    if first is None or second is None:
        return False
    (one, negated), (other, also) = _bare(first), _bare(second)
    if _asks_equality(one) and _asks_equality(other) and set(one.args) == set(other.args):
        return negated != also
    if negated or also or not (isinstance(one, nodes.Bracket) and isinstance(other, nodes.Bracket)):
        return False
    return {one.relation, other.relation} == {"gt", "ge"} and one.args == other.args[::-1]


def either(printer: Printer, a: Expr, b: Expr, frame: Axes) -> Piece:
    """`np.where(condition, A, B)`, asked in the strict way, or by equality."""
    first, negated = _bare(_selector(a) or a)
    if negated or (isinstance(first, nodes.Bracket) and first.relation == "ge"):
        a, b = b, a
    chosen = condition(printer, _selector(a) or a, frame)
    rests = [nodes.mul(*(f for f in factors_of(t) if f is not _selector(t))) for t in (a, b)]
    then, otherwise = (printer.floats(printer.write(r, frame)) for r in rests)
    assert chosen is not None
    return select(printer, chosen, then, otherwise)


def _selector(term: Expr) -> Expr | None:
    """The one selecting factor of a term."""
    found = [f for f in factors_of(term) if isinstance(_bare(f)[0], (nodes.Bracket, nodes.Delta))]
    return found[0] if len(found) == 1 else None


def stacked(printer: Printer, expr: nodes.Add, frame: Axes) -> Piece | None:
    """`δ(0, k) A + δ(1, k) B + ...` over all of a short axis: `np.stack([A, B, ...])`."""
    found = _parts(expr) or _parts_wherever(expr)
    if found is None:
        return None
    index, parts = found
    if index not in frame or sorted(parts) != list(range(index.dim.length or 0)):
        return None
    inner = tuple(a for a in frame if a != index)
    pieces = [printer.floats(printer.write(parts[n], inner)) for n in sorted(parts)]
    if any(p.axes != inner or p.kind != "float" for p in pieces):
        return None
    place = frame.index(index) - len(frame)
    return Piece(f"np.stack([{', '.join(p.code for p in pieces)}], axis={place})", ATOM, frame)


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
