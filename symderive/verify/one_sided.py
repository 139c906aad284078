"""Where a forward is smooth at a kink of one of its parts, the gradient is its slope there.

The slope is taken from either side in many digits, of the forward as it was written. Where the two
differ, a convention decides, and nothing is compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..calculus.sides import sites_of
from ..index.nodes import Num
from ..program import Argument
from .precise import arithmetic
from .sampling import Point, evaluate_forward
from .subject import Subject

Array = Any
DIGITS = 50
STEP = 20  # digits: how near to the kink the slopes are taken
AGREE = 1e-9
CLOSE = 1e-7
MOST_VALUES = 4


def against_both_sides(subject: Subject) -> list[str]:
    """Complaints where one element stands on a kink, all others anywhere."""
    complaints = []
    inputs = list(subject.program.inputs)
    for position, argument in enumerate(inputs):
        if not argument.tensor.domain.is_whole_line or not argument.tensor.dims:
            continue
        for value in _values(subject, argument):
            tensor = np.array(subject.point.tensors[argument.tensor.name], float)
            tensor.flat[0] = value
            at = subject.moved(argument.tensor.name, tensor)
            gradient = at.point.sizes.to_tensor(at.run()[1][position], argument.layout)
            complaints += _compared(at, argument, float(np.asarray(gradient).flat[0]))
    return complaints


def _values(subject: Subject, argument: Argument) -> Iterator[float]:
    """0, the numbers that kinks are at, and what other inputs hold at the same place."""
    sites = sites_of(subject.program)
    numbers = {n.value for s in sites for n in (s.left, s.right) if isinstance(n, Num)}
    yield from sorted({0.0, *map(float, numbers)}, key=abs)[:MOST_VALUES]
    for other in subject.program.arguments:
        alike = other.differentiable and other.tensor.dims == argument.tensor.dims
        if alike and other is not argument:
            yield float(np.asarray(subject.point.tensors[other.tensor.name]).flat[0])


def _compared(at: Subject, argument: Argument, found: float) -> list[str]:
    name = argument.tensor.name
    below, above = _slope(at, name, -1), _slope(at, name, 1)
    if not np.isfinite(above) or abs(above - below) > AGREE * (1 + abs(above)):
        return []
    if abs(found - above) <= CLOSE * (1 + abs(above)):
        return []
    value = float(np.asarray(at.point.tensors[name]).flat[0])
    where = f"{name}[0] = {value:g}"
    return [f"d{name} is {found:.6g} at {where}, the slope from either side is {above:.6g}"]


def _slope(at: Subject, name: str, side: int) -> float:
    exact = arithmetic(DIGITS)
    step = side * exact.context.mpf(10) ** -STEP
    moved = exact.lift(np.array(at.point.tensors[name], float)).copy()
    moved.flat[0] = moved.flat[0] + step
    beside = replace(at.point, tensors={**at.point.tensors, name: moved})
    return float((_loss(at, beside) - _loss(at, at.point)) / step)


def _loss(at: Subject, point: Point) -> Any:
    exact = arithmetic(DIGITS)
    forward = evaluate_forward(at.program, point, exact.functions, exact.lift)
    return np.sum(forward.arrays[at.program.output.tensor.name] * exact.lift(point.cotangent))
