"""The code of a target against the closed form, element by element, at points with many rows.

A tie that rounding breaks, a slice that is printed as the whole axis: such a thing shows in some
rows only. The closed form is evaluated in float64 from one forward; where the code differs,
differences of the code's own forward decide, so that no kink is called an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index import nodes
from ..index.evaluate import Evaluator
from ..index.walk import walk
from ..program import Argument, Program
from .check import Check, Kernel, Tally, skipped
from .environment import run_backward
from .gradients import EPS, SLACK, Direction, loss_size, slope_along, tangent
from .layouts import Sizes
from .sampling import EVEN, RANGES, Point, draw, evaluate_forward, is_finite, sizes_for
from .steps import terms

Array = Any

NAME = "the code against the closed form"
WIDE = ((2, 5, 24, 3), (2, 3, 7, 2), (2, 2, 3, 2))  # the second is the last dim's length, and on
MOST_TERMS = 1 << 18  # numbers in the largest array that the closed form may take
TIES = 8  # points that are tried where a comparison decides
MOST_PLACES = 6  # that differences look at
CLOSE: Mapping[str, float] = {"float64": 1e-7, "float32": 1e-3}  # relative to the largest element
FLOOR = 0.05  # what is smaller than that is measured by it


@dataclass(frozen=True)
class Sample:
    """A point, and what the forward and the closed form give there, as a kernel's arrays."""

    point: Point
    value: Array
    gradients: tuple[Array, ...]


def check_code(
    derived: Derived, kernel: Kernel, *, seed: int = 0, most: int | None = None
) -> Check:
    """The kernel's gradients are the closed form's, at every element of every input."""
    tally, program = Tally(), derived.written
    for sample in samples(derived, seed, most):
        tally.at(sample.point.sizes)
        inputs, cotangent = sample.point.inputs(program), sample.point.real_cotangent(program)
        _, residuals = kernel.fwd(*inputs)
        gradients = kernel.bwd(residuals, cotangent)
        for (position, argument), found, wanted in zip(
            differentiable(program), map(np.asarray, gradients), sample.gradients, strict=True
        ):
            name = f"d{argument.tensor.name}"
            if found.shape != wanted.shape:
                shapes = f"{name} has the shape {found.shape}, not {wanted.shape}"
                tally.add(float("nan"), 1.0, shapes)
                continue
            tally.add(0.0, 1.0, name)
            for place in _apart(found, wanted):
                move = _single(argument, position, place, wanted.shape)
                error = _error(derived, kernel, sample.point, move, found)
                tally.add(*error, f"{move.name}: {found[place]:.12g}, not {wanted[place]:.12g}")
    if not tally.count:
        return skipped(NAME, "nothing finite was found to compare")
    covered = f"every element at {tally.places}, {tally.count} comparisons"
    return tally.judged(NAME, covered, 1.0, "of the error of a difference there")


def differentiable(program: Program) -> list[tuple[int, Argument]]:
    """The arguments that have a gradient, with their positions."""
    return [(n, a) for n, a in enumerate(program.arguments) if a.differentiable]


def samples(derived: Derived, seed: int = 0, most: int | None = None) -> Iterator[Sample]:
    """Points with many rows, each with its truth; several where a comparison decides."""
    program, rng = derived.written, np.random.default_rng(seed)
    sizes = _sizes(derived)
    if sizes is None:
        return
    labelled = any(a.tensor.domain.is_label for a in program.arguments)
    drawn = [*RANGES, *(f"{r}{EVEN}" for r in RANGES if labelled)]
    tries = ((d, draw(program, sizes, rng, d)) for d in drawn)
    first = next((d for d, point in tries if is_finite(program, point)), None)
    if first is None:
        return
    count = TIES if _compares(derived.backward) else 1
    for _ in range(min(count, most or count)):
        point = _rounded(draw(program, sizes, rng, first))
        if is_finite(program, point):
            yield _sample(derived, point)


def near(found: Array, wanted: Array, dtype: str = "float64") -> bool:
    """True where nothing that has a value differs by more than rounding."""
    return found.shape == wanted.shape and not next(_apart(found, wanted, dtype), False)


def _sizes(derived: Derived) -> Sizes | None:
    """The widest lengths at which the closed form is evaluated at once."""
    lines = (*derived.forward.assignments, *derived.backward.assignments)
    for small in WIDE:
        sizes = sizes_for(derived.written, 1, 1, small)
        if sizes is None:
            continue
        evaluator = Evaluator({}, sizes.lengths)
        if all(terms(a.value, evaluator) <= MOST_TERMS for a in lines):
            return sizes
    return None


def _rounded(point: Point) -> Point:
    """The point in float32, so that each precision starts from the same numbers."""

    def half(array: Array) -> Array:
        array = np.asarray(array)
        return array.astype(np.float32).astype(float) if array.dtype.kind == "f" else array

    tensors = {name: half(array) for name, array in point.tensors.items()}
    return Point(point.sizes, tensors, half(point.cotangent), point.drawn)


def _sample(derived: Derived, point: Point) -> Sample:
    evaluator = evaluate_forward(derived.forward, point)
    output = derived.forward.output
    value = point.sizes.to_real(evaluator.arrays[output.tensor.name], output.layout)
    evaluator.arrays[derived.cotangent.name] = np.asarray(point.cotangent)
    run_backward(derived.backward, evaluator)
    gradients = tuple(
        np.asarray(point.sizes.to_real(evaluator.arrays[o.tensor.name], o.layout), float)
        for o in derived.backward.outputs
    )
    return Sample(point, np.asarray(value, float), gradients)


def _compares(program: Program) -> bool:
    """True where numbers decide something: a maximum, a choice."""
    found = (n for a in program.assignments for n in walk(a.value))
    return any(isinstance(n, nodes.Bracket) and n.tensors for n in found)


def _apart(found: Array, wanted: Array, dtype: str = "float64") -> Iterator[tuple[int, ...]]:
    """The first places at which a finite number is wanted and another one found."""
    held = np.isfinite(wanted)
    scale = float(np.max(np.abs(wanted[held]), initial=FLOOR))
    gap = np.abs(np.asarray(found, float) - wanted)
    wrong = np.argwhere(held & ~(gap <= CLOSE[dtype] * scale))
    yield from (tuple(map(int, place)) for place in wrong[:MOST_PLACES])


def _single(
    argument: Argument, position: int, place: tuple[int, ...], shape: tuple[int, ...]
) -> Direction:
    along = np.zeros(shape)
    along[place] = 1.0
    name = f"d{argument.tensor.name}[{', '.join(map(str, place))}]"
    return Direction(argument, position, tangent(argument)(along), name)


def _error(
    derived: Derived, kernel: Kernel, point: Point, move: Direction, found: Array
) -> tuple[float, float]:
    """How far the kernel is from the slope of its own forward, and what is allowed; on a kink it is
    not wrong.
    """
    program = derived.written
    size = loss_size(derived.forward, point)
    inputs, cotangent = point.inputs(program), point.real_cotangent(program)
    slopes = slope_along(kernel, inputs, move, cotangent, size)
    if slopes is None:
        return 0.0, 1.0
    products = found * move.along
    allowed = slopes[1] + SLACK * EPS ** (2 / 3) * float(np.sum(np.abs(products)))
    return abs(float(np.sum(products)) - slopes[0]), allowed
