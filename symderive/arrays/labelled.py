"""What differs at a label, or on a diagonal, alone: computed everywhere, then set there.

A choice between A and B by `index == label` reads and writes every element three times over.
"""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Delta, Expr, Idx, Ref, Tensor
from ..index.places import whole_axis
from ..index.text import factors_of
from ..index.walk import substitute
from ..schedule import Statement
from .axes import Axes
from .choices import complement
from .lines import SetAlong, SetDiagonal, SetEach, Update
from .lowering import Lowering
from .nodes import Array, walk
from .reads import by_row

MOST = 24  # nodes of a value that is set: a longer one is as well chosen everywhere


def set_at_labels(low: Lowering, statement: Statement, frame: Axes) -> tuple[Expr, Update] | None:
    """For `[i ≠ t] B + [i = t] A`: the B that is computed everywhere, and the update that sets A at
    the labels; None where a value is not of this form."""
    split = _split(statement.value)
    if split is None:
        return None
    hit, chosen, otherwise = split
    everywhere = low.pattern(otherwise)
    if isinstance(otherwise, Ref) or set(everywhere) != set(frame):
        return None
    for own, label in (hit.args, hit.args[::-1]):
        if not (isinstance(own, Idx) and own.index in frame) or own.index in label.free:
            continue
        if not low.scope.is_within(label, own.index.dim):
            continue
        inside = substitute(chosen, {own.index: label})
        update: Update | None
        if isinstance(label, Ref):
            update = _assigned(low, label, inside, frame, own.index)
        elif (row := whole_axis(label, own.index.dim)) and frame == (row, own.index):
            update = _on_diagonal(low, inside, frame[:1])
        else:
            continue
        return (otherwise, update) if update and _is_short(update.value) else None
    return None


def _is_short(value: Array) -> bool:
    return sum(1 for _ in walk(value)) <= MOST


def _on_diagonal(low: Lowering, value: Expr, rows: Axes) -> SetDiagonal | None:
    """The update that sets the diagonal of a square matrix."""
    if any(a is not None and a.dim.is_batch for a in rows):
        return None
    return SetDiagonal(low.aligned(low.real(value, rows), rows))


def _assigned(
    low: Lowering, label: Ref, value: Expr, frame: Axes, own: Index
) -> SetEach | SetAlong | None:
    """The update that sets the elements at the labels along one axis."""
    rows = frame[:-1]
    if frame[-1] == own and (labels := by_row(low, label, rows)):
        return SetEach(labels, low.aligned(low.real(value, rows), rows))
    line = tuple(None if a == own else a for a in frame)
    array = low.aligned(low.real(value, line), line)
    where = low.aligned(low.indices().lower(label, line), line)
    if where.axes != line:
        return None
    return SetAlong(where, array, frame.index(own) - len(frame))


def at_labels_alone(value: Expr, tensor: Tensor) -> bool:
    """True where one array is read by what holds at a label, and by nothing else."""
    split = _split(value)
    return split is not None and tensor in split[1].tensors and tensor not in split[2].tensors


def _split(value: Expr) -> tuple[Delta, Expr, Expr] | None:
    """A value as δ, what it is where δ is 1, and elsewhere."""
    factors = factors_of(value)
    for factor in factors:
        rest = nodes.mul(*(f for f in factors if f is not factor))
        off = _delta_of(factor)
        if off is not None:
            return off, nodes.ZERO, rest
        if isinstance(factor, nodes.Add) and len(factor.args) == 2 and complement(*factor.args):
            for a, b in (factor.args, factor.args[::-1]):
                deltas = [f for f in factors_of(a) if isinstance(f, Delta)]
                if len(deltas) == 1:
                    inside = nodes.mul(*(f for f in factors_of(a) if f is not deltas[0]))
                    outside = nodes.mul(*(f for f in factors_of(b) if _delta_of(f) is None))
                    return deltas[0], inside * rest, outside * rest
    return None


def _delta_of(factor: Expr) -> Delta | None:
    """The δ of 1 - δ, or of [i ≠ t]."""
    if isinstance(factor, nodes.Bracket) and factor.relation == "ne":
        return nodes.delta(*factor.args)  # type: ignore[return-value]
    if isinstance(factor, nodes.Add) and len(factor.args) == 2 and nodes.ONE in factor.args:
        (other,) = (a for a in factor.args if a is not nodes.ONE)
        count, rest = nodes.coefficient(other)
        return rest if count == -1 and isinstance(rest, Delta) else None
    return None
