"""The Jacobian of a small example as a heat map: what is zero, what is not, and which sign it
has."""

from __future__ import annotations

import numpy as np

from ...calculus.result import Jacobian
from ...program import Program
from ..layout import Layout
from .example import evaluated, lengths
from .shapes import Box, Label, Picture, Shape

CELL = 30.0
MARGIN = 26.0


def heatmap(
    program: Program, jacobian: Jacobian, row: Layout, column: Layout
) -> tuple[Picture, np.ndarray] | None:
    """The picture and its numbers, for a Jacobian between two vectors; None for any other."""
    values = matrix(program, jacobian)
    if values is None:
        return None
    top = float(np.max(np.abs(values))) or 1.0
    shapes: list[Shape] = []
    for (i, k), value in np.ndenumerate(values):
        corner = (MARGIN + k * CELL, MARGIN + i * CELL)
        shapes.append(Box(corner, CELL, CELL, shade=float(value) / top, colour="rule"))
        middle = (corner[0] + CELL / 2, corner[1] + CELL / 2)
        shapes.append(Label(middle, shown(float(value)), size=7.5))
    high, wide = values.shape
    shapes.append(Label((MARGIN - 10, MARGIN + high * CELL / 2), row, size=10))
    shapes.append(Label((MARGIN + wide * CELL / 2, MARGIN - 10), column, size=10))
    return Picture(2 * MARGIN + wide * CELL, MARGIN + high * CELL + 4, tuple(shapes)), values


def matrix(program: Program, jacobian: Jacobian) -> np.ndarray | None:
    """The numbers of a Jacobian whose output and input each have one axis that is not a leading
    one."""
    rows = [i for i in jacobian.rows if not i.dim.is_batch]
    columns = [i for i in jacobian.columns if not i.dim.is_batch]
    if len(rows) != 1 or len(columns) != 1:
        return None
    evaluator = evaluated(program, lengths(program, frozenset({rows[0].dim, columns[0].dim})))
    axes = tuple(dict.fromkeys((*jacobian.rows, *jacobian.columns)))
    values = np.asarray(evaluator(jacobian.value, axes), dtype=float)
    values = values.reshape(
        [n for n, i in zip(values.shape, axes, strict=True) if not i.dim.is_batch]
    )
    return (
        values
        if values.ndim == 2 and np.all(np.isfinite(values)) and max(values.shape) <= 8
        else None
    )


def shown(value: float) -> str:
    """Two decimals, without a zero's sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
