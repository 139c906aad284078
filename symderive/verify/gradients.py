"""The kernel's gradient against central differences of its own forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator
from ..program import Argument, Program
from .check import Check, Kernel, Tally, failed, skipped
from .magnitudes import LEAST, Condition
from .points import points
from .sampling import Point, evaluate_forward

Array = Any

EPS = float(np.finfo(np.float64).eps)
MOST_DIRECTIONS = (
    24  # coordinates tried of each input at each point; a random direction sees the rest
)
SLACK = 64.0  # how many times eps times its condition-scaled size the forward may be off
KINK = 1e-5  # relative: where two step lengths disagree by more, the point lies on a kink


@dataclass(frozen=True)
class Direction:
    """A way to move one argument, in the shape of its real array."""

    argument: Argument
    position: int
    along: Array
    name: str


def check_gradient(
    derived: Derived, kernel: Kernel, *, seed: int = 0, hasty: bool = False
) -> Check:
    """The gradient agrees with central differences of the kernel's own forward in float64.

    The step is eps^(1/3), scaled by the input. A second step, twice as long, tells the truncation
    error; with the rounding error of the forward, by its condition, it makes the tolerance of each
    comparison, and `measured` is in units of that tolerance.
    """
    name, program = "gradient by central differences", derived.written
    tally, kinks = Tally(), 0
    for point in points(program, seed, (2,) if hasty else (0, 1, 2, 3)):
        tally.at(point.sizes)
        inputs, cotangent = point.inputs(program), point.real_cotangent(program)
        gradients = gradients_of(program, kernel, inputs, cotangent)
        size = loss_size(derived.forward, point)
        for move in directions(program, point, seed, hasty):
            terms = gradients[move.argument.tensor.name] * move.along
            slope = slope_along(kernel, inputs, move, cotangent, size)
            if slope is None:
                kinks += 1
                continue
            expected, tolerance = slope
            found = float(np.sum(terms))
            tolerance += SLACK * EPS ** (2 / 3) * float(np.sum(np.abs(terms)))
            where = f"{move.name}: the kernel gives {found:.12g}, differences give {expected:.12g}"
            tally.add(abs(found - expected), tolerance, where)
    if not tally.count:
        why = "every direction met a kink" if kinks else "no differentiable input"
        return failed(name, "nothing", why) if kinks else skipped(name, why)
    left_out = f", {kinks} on kinks left out" if kinks else ""
    covered = f"{tally.count} directional derivatives at {tally.places}{left_out}"
    return tally.judged(name, covered, 1.0, "of the difference's own error")


def gradients_of(
    program: Program, kernel: Kernel, inputs: list[Array], cotangent: Array
) -> dict[str, Array]:
    """The kernel's gradients by the name of the input."""
    _, residuals = kernel.fwd(*inputs)
    names = [a.tensor.name for a in program.inputs]
    return dict(zip(names, kernel.bwd(residuals, cotangent), strict=True))


def loss_size(program: Program, point: Point) -> float:
    """The condition-scaled size of Σ g y: what its rounding error is a few eps of."""
    evaluator = evaluate_forward(program, point)
    errors = forward_errors(program, evaluator)
    output = program.output.tensor.name
    size = np.abs(np.asarray(evaluator.arrays[output], float)) + errors.errors[output]
    return max(float(np.sum(size * np.abs(point.cotangent))), LEAST)


def forward_errors(program: Program, evaluator: Evaluator, least: float = 0.0) -> Condition:
    """The condition-scaled size of every assigned tensor; the parameters are rounded, too.

    least: the smallest normal number of the dtype that is judged.
    """
    condition = Condition(evaluator, least)
    for parameter in program.parameters:
        condition.errors[parameter.tensor.name] = np.asarray(abs(parameter.default))
    for assignment in program.assignments:
        condition.assign(assignment.tensor.name, assignment.indices, assignment.value)
    return condition


def directions(
    program: Program, point: Point, seed: int, hasty: bool = False
) -> Iterator[Direction]:
    """Coordinates of each differentiable input, and one random direction.

    On a simplex they keep the sum of each row: the closed form may have used that it is one.
    """
    rng = np.random.default_rng(seed)
    for position, argument in enumerate(program.arguments):
        if not argument.differentiable:
            continue
        name, shape = argument.tensor.name, point.sizes.real_shape(argument.layout)
        onto = tangent(argument)
        places = list(np.ndindex(shape))
        most = MOST_DIRECTIONS // 3 if hasty else MOST_DIRECTIONS
        if len(places) > most:
            places = [places[k] for k in sorted(rng.choice(len(places), most, replace=False))]
        for place in places:
            along = np.zeros(shape)
            along[place] = 1.0
            subscript = f"[{', '.join(map(str, place))}]" if place else ""
            yield Direction(argument, position, onto(along), f"d{name}{subscript}")
        along = onto(rng.uniform(0.5, 1.5, shape))
        yield Direction(argument, position, along, f"d{name} along a random direction")


def tangent(argument: Argument) -> Callable[[Array], Array]:
    """The part of a direction that stays within the argument's domain."""
    return argument.tensor.domain.tangent


def slope_along(
    kernel: Kernel, inputs: list[Array], move: Direction, cotangent: Array, size: float
) -> tuple[float, float] | None:
    """The derivative along a direction and what it may be off by; None on a kink."""
    base = inputs[move.position]
    step = EPS ** (1 / 3) * max(1.0, float(np.max(np.abs(base), initial=0.0)))

    def loss(length: float) -> float:
        moved = list(inputs)
        moved[move.position] = base + length * move.along
        return float(np.sum(np.asarray(kernel.fwd(*moved)[0]) * cotangent))

    near = (loss(step) - loss(-step)) / (2 * step)
    far = (loss(2 * step) - loss(-2 * step)) / (4 * step)
    rounding = SLACK * EPS * size / step
    if abs(near - far) > KINK * max(abs(near), size) + rounding:
        return None
    return near, rounding + abs(near - far)
