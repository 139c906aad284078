"""The backward program against differences of the written forward, at 50 digits and more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator
from .check import Check, Tally, skipped
from .environment import environment
from .gradients import Direction, directions, loss_size
from .points import points
from .precise import SPARE, Arithmetic, arithmetic, as_float
from .sampling import Point, evaluate_forward

Array = Any


def check_closed_form(
    derived: Derived, *, digits: int = 50, seed: int = 0, numbers: tuple[int, ...] = (0, 1, 2, 3)
) -> Check:
    """The closed form equals central differences of the written forward that are good to `digits`.

    With 2d digits and a step of 10^(-2d/3), the truncation and the rounding both lie below 10^-d.
    """
    name = "closed form against differences"
    tally, fine = Tally(), arithmetic(2 * digits)
    for point in points(derived.written, seed, numbers):
        tally.at(point.sizes)
        truth = environment(derived, point, fine)
        slope, size = _slopes(derived, point, fine), loss_size(derived.written, point)
        for move in directions(derived.written, point, seed):
            gradient = _gradient(derived, truth, move)
            along = fine.lift(point.sizes.to_tensor(move.along, move.argument.layout))
            terms = gradient * along
            expected = slope(move.argument.tensor.name, along)
            found = np.sum(terms)
            scale = size + float(np.sum(np.abs(as_float(terms))))
            where = f"{move.name}: {float(found):.12g}, differences give {float(expected):.12g}"
            tally.add(float(abs(found - expected)), scale, where)
    if not tally.count:
        return skipped(name, "no differentiable input")
    covered = f"{tally.count} directional derivatives at {tally.places}, {digits} digits"
    return tally.judged(name, covered, 10.0 ** (SPARE - digits), "relative")


def _gradient(derived: Derived, truth: Evaluator, move: Direction) -> Array:
    names = [a.tensor.name for a in derived.written.inputs]
    number = names.index(move.argument.tensor.name)
    return truth.arrays[derived.backward.outputs[number].tensor.name]


def _slopes(derived: Derived, point: Point, fine: Arithmetic) -> Callable[[str, Array], Any]:
    """The derivative of Σ g y as one input moves along a direction."""
    program = derived.written
    base = evaluate_forward(program, point, fine.functions, fine.lift).arrays
    cotangent = fine.lift(point.cotangent)
    output = program.output.tensor.name
    step = fine.context.mpf(10) ** -(fine.digits // 3)
    given = {a.tensor.name for a in program.arguments} | {p.tensor.name for p in program.parameters}

    def loss(name: str, values: Array) -> Any:
        arrays = {n: base[n] for n in given} | {name: values}
        evaluator = Evaluator(arrays, point.sizes.lengths, fine.functions)
        for assignment in program.assignments:
            evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        return np.sum(evaluator.arrays[output] * cotangent)

    def slope(name: str, along: Array) -> Any:
        above, below = base[name] + along * step, base[name] - along * step
        return (loss(name, above) - loss(name, below)) / (2 * step)

    return slope
