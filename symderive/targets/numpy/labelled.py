"""What differs at a label alone: computed everywhere, then set at the labels.

`np.where(np.arange(n) == t[:, None], A, B)` reads and writes every element three times over.
"""

from __future__ import annotations

from ...index import nodes
from ...index.nodes import Delta, Expr, Idx, Ref
from ...index.text import factors_of
from ...index.walk import substitute
from ...schedule import Statement
from .pieces import Axes, align
from .printer import Printer
from .selection import complement

LONGEST = 96  # characters of a line inside a function


def set_at_labels(printer: Printer, statement: Statement, frame: Axes) -> tuple[Expr, str] | None:
    """For `[i ≠ t] B + [i = t] A`: the B that is computed everywhere, and the row
    `np.put_along_axis(name, t[:, None], A, axis=-1)`; None where a value is not of this form."""
    split = _split(statement.value)
    if split is None:
        return None
    hit, chosen, otherwise = split
    for own, label in (hit.args, hit.args[::-1]):
        if not (isinstance(own, Idx) and isinstance(label, Ref) and own.index in frame):
            continue
        everywhere = printer.pattern(otherwise)
        if isinstance(otherwise, Ref) or own.index in label.free or set(everywhere) != set(frame):
            return None
        line = tuple(None if a == own.index else a for a in frame)
        place = frame.index(own.index) - len(frame)
        axis = printer.scope.axis if place == -1 else str(place)
        inside = substitute(chosen, {own.index: label})
        value = align(printer.floats(printer.write(inside, line)), line, printer.scope.axis)
        where = align(printer.indices().write(label, line), line, printer.scope.axis)
        if where.axes != line:
            return None
        arguments = f"{statement.name}, {where.code}, {value.code}, axis={axis}"
        row = f"np.put_along_axis({arguments})"
        return (otherwise, row) if len(row) <= LONGEST else None
    return None


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
    """The δ of 1 - δ."""
    if isinstance(factor, nodes.Add) and len(factor.args) == 2 and nodes.ONE in factor.args:
        (other,) = (a for a in factor.args if a is not nodes.ONE)
        count, rest = nodes.coefficient(other)
        return rest if count == -1 and isinstance(rest, Delta) else None
    return None
