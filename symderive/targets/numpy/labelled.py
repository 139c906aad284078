"""What differs at a label, or on a diagonal, alone: computed everywhere, then set there.

`np.where(np.arange(n) == t[:, None], A, B)` reads and writes every element three times over.
"""

from __future__ import annotations

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Delta, Expr, Idx, Ref, Tensor
from ...index.places import whole_axis
from ...index.text import factors_of
from ...index.walk import substitute
from ...schedule import Statement
from .indexing import by_row
from .pieces import Axes, align
from .printer import Printer
from .selection import complement

LONGEST = 96  # characters of a line inside a function


def set_at_labels(printer: Printer, statement: Statement, frame: Axes) -> tuple[Expr, str] | None:
    """For `[i ≠ t] B + [i = t] A`: the B that is computed everywhere, and the row
    `name[np.arange(len(t)), t] = A`; None where a value is not of this form."""
    split = _split(statement.value)
    if split is None:
        return None
    hit, chosen, otherwise = split
    everywhere = printer.pattern(otherwise)
    if isinstance(otherwise, Ref) or set(everywhere) != set(frame):
        return None
    for own, label in (hit.args, hit.args[::-1]):
        if not (isinstance(own, Idx) and own.index in frame) or own.index in label.free:
            continue
        if not printer.scope.is_within(label, own.index.dim):
            continue
        inside = substitute(chosen, {own.index: label})
        if isinstance(label, Ref):
            code = _assigned(printer, statement.name, label, inside, frame, own.index)
        elif (row := whole_axis(label, own.index.dim)) and frame == (row, own.index):
            code = _on_diagonal(printer, statement.name, inside, frame[:1])
        else:
            continue
        return (otherwise, code) if code and len(code) <= LONGEST else None
    return None


def _on_diagonal(printer: Printer, name: str, value: Expr, rows: Axes) -> str | None:
    """The row that sets the diagonal of a square matrix."""
    if any(a is not None and a.dim.is_batch for a in rows):
        return None
    piece = align(printer.floats(printer.write(value, rows)), rows, printer.scope.axis)
    return f"np.fill_diagonal({name}, {piece.code})"


def _assigned(
    printer: Printer, name: str, label: Ref, value: Expr, frame: Axes, own: Index
) -> str | None:
    """The row that sets the elements at the labels along one axis."""
    rows = frame[:-1]
    if frame[-1] == own and (labels := by_row(printer, label, rows)):
        piece = align(printer.floats(printer.write(value, rows)), rows, printer.scope.axis)
        return f"{name}[np.arange(len({labels})), {labels}] = {piece.code}"
    line = tuple(None if a == own else a for a in frame)
    place = frame.index(own) - len(frame)
    axis = printer.scope.axis if place == -1 else str(place)
    piece = align(printer.floats(printer.write(value, line)), line, printer.scope.axis)
    where = align(printer.indices().write(label, line), line, printer.scope.axis)
    if where.axes != line:
        return None
    return f"np.put_along_axis({name}, {where.code}, {piece.code}, axis={axis})"


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
