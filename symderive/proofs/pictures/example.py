"""A small example of a program's values, the same every time: what the pictures show."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...index.dims import Dim
from ...index.evaluate import Evaluator
from ...index.nodes import Tensor
from ...program import Program

LENGTH = 5
_VALUES = (0.4, 1.3, -0.6, 2.0, 0.9, -1.4, 0.1, 1.7)


def lengths(program: Program, wide: frozenset[Dim]) -> dict[str, int]:
    """A length for every free dim: one row, five places in the dims that are looked at, two in all
    others."""
    found = {d.name: 1 if d.is_batch else LENGTH if d in wide else 2 for d in program.dims}
    while not program.fits(found):
        found = {name: length + 1 for name, length in found.items()}
    return found


def evaluated(
    program: Program, sizes: dict[str, int], given: dict[str, Any] | None = None
) -> Evaluator:
    """An evaluator that holds the arguments, the parameters and every assignment of a program."""
    evaluator = Evaluator(given or {}, sizes)
    for argument in program.arguments:
        tensor = argument.tensor
        evaluator.arrays.setdefault(tensor.name, _sample(evaluator, tensor))
    for parameter in program.parameters:
        evaluator.arrays[parameter.tensor.name] = np.asarray(parameter.default)
    for assignment in program.assignments:
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    return evaluator


def _sample(evaluator: Evaluator, tensor: Tensor) -> Any:
    shape = tuple(map(evaluator.length, tensor.dims))
    values = np.resize(np.array(_VALUES), shape)
    return tensor.domain.inside(values, bound=1)
