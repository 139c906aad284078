"""The kernel's gradient against complex steps of the written forward, which lose no digit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import NUMPY, Evaluator, Functions, pointwise
from ..index.functions import FUNCTIONS, Function
from ..index.nodes import Bracket, Call, Expr, Reduce, call
from ..index.partials import partial as slope_of
from ..index.walk import walk
from ..program import Program
from .check import Check, Kernel, Tally, skipped
from .gradients import EPS, Direction, directions, gradients_of, loss_size
from .points import points
from .sampling import Point

Array = Any

STEP = (
    1e-100  # its square is nothing beside 1: the imaginary part is the derivative to the last digit
)
ALLOWED = 1e4  # in eps times the condition-scaled size of the output: both sides are rounded


def _complex(function: Function) -> Callable[..., Array] | None:
    """What NumPy has for complex numbers; None where the definition stands for it."""
    known = NUMPY.find(function)
    if isinstance(known, np.ufunc) and any("D" in types for types in known.types):
        return known
    if function.definition is not None or known is None:
        return None
    return partial(_first_order, function, known)


def _first_order(function: Function, known: Callable[..., Array], *args: Array) -> Array:
    """f(a + ib) is f(a) + ib f'(a) for a tiny b."""
    whole = np.broadcast_arrays(*args)
    at = [np.real(a) for a in whole]
    value = known(*at)
    for n, along in enumerate(map(np.imag, whole)):
        slope = pointwise(
            lambda *u, n=n: slope_of(function.name, n, u, call(function.name, *u)), NUMPY, *at
        )
        value = value + 1j * along * slope
    return value


COMPLEX = Functions(_complex, float, NUMPY.constants)


def is_analytic(program: Program) -> bool:
    """True where no maximum, absolute value, comparison or step function stands in the way."""
    return all(_analytic(node) for a in program.assignments for node in walk(a.value))


def _analytic(node: Expr) -> bool:
    if isinstance(node, Reduce):
        return node.op not in ("max", "min")
    if isinstance(node, Bracket):
        return all(t.domain.is_label for t in node.tensors)
    if not isinstance(node, Call):
        return True
    function = FUNCTIONS[node.function]
    return function.smooth and function.analytic


def check_complex_step(derived: Derived, kernel: Kernel, *, seed: int = 0) -> Check:
    """The gradient agrees with the imaginary part of the written forward at x + 1e-100 i."""
    name, program = "gradient by complex steps", derived.written
    if not is_analytic(program):
        return skipped(name, "the forward compares, takes a maximum or an absolute value")
    tally = Tally()
    for point in points(program, seed):
        tally.at(point.sizes)
        inputs, cotangent = point.inputs(program), point.real_cotangent(program)
        gradients = gradients_of(program, kernel, inputs, cotangent)
        size = loss_size(program, point)
        for move in directions(program, point, seed):
            slopes = complex_slopes(program, point, move)
            terms = gradients[move.argument.tensor.name] * move.along
            expected, found = float(np.sum(slopes)), float(np.sum(terms))
            scale = size + float(np.sum(np.abs(slopes)) + np.sum(np.abs(terms)))
            where = (
                f"{move.name}: the kernel gives {found:.16g}, complex steps give {expected:.16g}"
            )
            tally.add(abs(found - expected), EPS * scale, where)
    if not tally.count:
        return skipped(name, "no differentiable input")
    covered = f"{tally.count} directional derivatives at {tally.places}"
    return tally.judged(name, covered, ALLOWED, "eps")


def complex_slopes(program: Program, point: Point, move: Direction) -> Array:
    """The terms of Σ g ∂y along a direction."""
    along = point.sizes.to_tensor(move.along, move.argument.layout)
    arrays = {name: np.asarray(array) for name, array in point.tensors.items()}
    arrays[move.argument.tensor.name] = arrays[move.argument.tensor.name] + 1j * STEP * along
    arrays |= {p.tensor.name: np.asarray(p.default) for p in program.parameters}
    evaluator = Evaluator(arrays, point.sizes.lengths, COMPLEX)
    for assignment in program.assignments:
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    return np.imag(evaluator.arrays[program.output.tensor.name]) / STEP * point.cotangent
