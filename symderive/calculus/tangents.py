"""The slope of a program along one direction at one point, by its lines as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..index.evaluate import Evaluator
from ..index.nodes import Expr, Tensor
from ..program import Assignment, Program
from .jacobian import total_derivative

Array = Any


def tangents(program: Program) -> tuple[Assignment, ...]:
    """A line for the derivative of each line, in the same order; nothing is simplified."""
    known: dict[Tensor, Expr] = {}
    for argument in program.arguments:
        if argument.differentiable:
            known[argument.tensor] = _dotted(argument.tensor)[argument.tensor.indices]
    lines = []
    for line in program.assignments:
        if not line.constant and not line.differentiated.tensors.isdisjoint(known):
            dot = _dotted(line.tensor)
            lines.append(Assignment(dot, line.indices, total_derivative(line, known)))
            known[line.tensor] = dot[line.tensor.indices]
    return tuple(lines)


def slope(
    at: Evaluator, lines: tuple[Assignment, ...], output: Tensor, directions: Mapping[str, Array]
) -> Array:
    """The derivative of the output along directions of the inputs (by name); 0 where it depends on
    none of them.
    """
    arrays = {_dot(name): array for name, array in directions.items()}
    moved = Evaluator({**at.arrays, **arrays}, at.lengths, at.functions)
    for line in lines:
        moved.assign(line.tensor, line.indices, line.value)
    found = moved.arrays.get(_dot(output.name))
    return np.zeros_like(moved.arrays[output.name]) if found is None else found


def _dotted(tensor: Tensor) -> Tensor:
    return Tensor(_dot(tensor.name), tensor.dims)


def _dot(name: str) -> str:
    return f"{name}'"
