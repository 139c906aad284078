"""Every tensor that a derivation speaks of, at one point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import NUMPY, Evaluator
from ..program import Program
from .precise import Arithmetic
from .sampling import Point, evaluate_forward

Array = Any


def environment(derived: Derived, point: Point, arithmetic: Arithmetic | None) -> Evaluator:
    """The forward's tensors, the output's cotangent, and what the backward assigns.

    arithmetic: None for float64.
    """
    lift: Callable[[Array], Array] = arithmetic.lift if arithmetic else np.asarray
    functions = arithmetic.functions if arithmetic else NUMPY
    evaluator = evaluate_forward(derived.forward, point, functions, lift)
    evaluator.arrays[derived.cotangent.name] = lift(point.cotangent)
    run_backward(derived.backward, evaluator)
    return evaluator


def run_backward(backward: Program, evaluator: Evaluator) -> None:
    """Evaluate the backward's assignments over an evaluator that holds its arguments."""
    for assignment in backward.assignments:
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)


def numeric_cotangent(derived: Derived, point: Point, name: str, arithmetic: Arithmetic) -> Array:
    """∂(Σ y g)/∂t for an intermediate t of the forward, by central differences of what follows it.

    With d digits and a step of 10^(-d/3) about 2d/3 of them are right, whatever the calculus did.
    """
    assignments = derived.forward.assignments
    place = next(n for n, a in enumerate(assignments) if a.tensor.name == name)
    base = evaluate_forward(derived.forward, point, arithmetic.functions, arithmetic.lift)
    step = arithmetic.context.mpf(10) ** -(arithmetic.digits // 3)
    cotangent = arithmetic.lift(point.cotangent)
    output = derived.forward.output.tensor.name
    result = np.empty(base.arrays[name].shape, dtype=object)

    def loss(value: Array) -> Any:
        moved = Evaluator({**base.arrays, name: value}, base.lengths, arithmetic.functions)
        for assignment in assignments[place + 1 :]:
            moved.assign(assignment.tensor, assignment.indices, assignment.value)
        return np.sum(moved.arrays[output] * cotangent)

    for where in np.ndindex(result.shape):
        above, below = base.arrays[name].copy(), base.arrays[name].copy()
        above[where] += step
        below[where] -= step
        result[where] = (loss(above) - loss(below)) / (2 * step)
    return result
