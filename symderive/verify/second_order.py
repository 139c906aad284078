"""The gradient as a function: a true gradient has a symmetric derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..program import Program
from .check import Check, Kernel, Tally, failed, skipped
from .gradients import EPS, KINK, SLACK, tangent
from .points import points
from .sampling import Point

Array = Any
PAIRS = 3  # pairs of random directions at each point


def check_symmetry(derived: Derived, kernel: Kernel, *, seed: int = 0) -> Check:
    """u·H v = v·H u for random directions over all inputs at once, H v by central differences.

    Independent of the forward: a field that is no gradient at all, such as one with a term of the
    wrong sign or weight, has a derivative that is not symmetric.
    """
    name, program = "second order: the Hessian is symmetric", derived.written
    tally, kinks = Tally(), 0
    rng = np.random.default_rng(seed)
    for point in points(program, seed, (1, 2, 3)):
        tally.at(point.sizes)
        for number in range(PAIRS):
            u, v = _direction(program, point, rng), _direction(program, point, rng)
            if not u:
                return skipped(name, "no differentiable input")
            left, left_error = _curvature(program, kernel, point, u, v)
            right, right_error = _curvature(program, kernel, point, v, u)
            if max(left_error, right_error) > KINK * max(abs(left), abs(right), 1.0):
                kinks += 1
                continue
            where = f"pair {number}: u·Hv is {left:.9g}, v·Hu is {right:.9g}"
            tally.add(abs(left - right), left_error + right_error, where)
    if not tally.count:
        return failed(name, "nothing", "every direction met a kink")
    covered = f"{tally.count} pairs of directions at {tally.places}"
    covered += f", {kinks} on kinks left out" if kinks else ""
    return tally.judged(name, covered, 1.0, "of the difference's own error")


def _direction(program: Program, point: Point, rng: np.random.Generator) -> dict[int, Array]:
    """A random direction in all differentiable inputs, by their positions."""
    return {
        position: tangent(argument)(rng.uniform(-1, 1, point.sizes.real_shape(argument.layout)))
        for position, argument in enumerate(program.arguments)
        if argument.differentiable
    }


def _curvature(
    program: Program, kernel: Kernel, point: Point, u: dict[int, Array], v: dict[int, Array]
) -> tuple[float, float]:
    """u·H v and what it may be off by."""
    inputs, cotangent = point.inputs(program), point.real_cotangent(program)
    largest = max(float(np.max(np.abs(inputs[p]), initial=0.0)) for p in v)
    step = EPS ** (1 / 3) * max(1.0, largest)

    def slope(length: float) -> tuple[float, float]:
        moved = [x + length * v[p] if p in v else x for p, x in enumerate(inputs)]
        _, residuals = kernel.fwd(*moved)
        gradients = kernel.bwd(residuals, cotangent)
        terms = [np.sum(np.asarray(g) * u[p]) for p, g in zip(u, gradients, strict=True)]
        sizes = [np.sum(np.abs(np.asarray(g) * u[p])) for p, g in zip(u, gradients, strict=True)]
        return float(sum(terms)), float(sum(sizes))

    (above, size), (below, _) = slope(step), slope(-step)
    (above2, _), (below2, _) = slope(2 * step), slope(-2 * step)
    near, far = (above - below) / (2 * step), (above2 - below2) / (4 * step)
    scale = size + float(np.sum(np.abs(cotangent)))
    return near, SLACK * EPS * scale / step + abs(near - far)
