"""Which tensors a kernel's residuals are: a reference starts from the same rounded values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator, Functions
from ..program import Argument
from ..schedule import schedule
from .environment import run_backward
from .sampling import Point

Array = Any

CLOSE = 1e-2  # relative: how near a residual must come to the tensor that it is taken for


def compares_its_output(derived: Derived) -> bool:
    """True where the backward compares the output with values that it computes. In exact arithmetic
    the rounded output that was saved equals none of them.
    """
    plan = schedule(derived)
    pairs = zip(plan.residuals, plan.saved, strict=True)
    return any(t == plan.output.tensor and kind == "intermediate" for t, kind in pairs)


def residual_tensors(
    derived: Derived, residuals: Sequence[Array], truth: dict[str, Array], point: Point
) -> dict[str, Array] | None:
    """The residuals by the name of the forward's tensor; None where not recognised."""
    for arguments in _candidates(derived):
        if len(arguments) == len(residuals):
            found = _matched(arguments, residuals, truth, point)
            if found is not None:
                return found
    return None


def _candidates(derived: Derived) -> Iterator[tuple[Argument, ...]]:
    yield schedule(derived).backward.arguments[:-1]
    yield derived.backward.arguments[:-1]


def _matched(
    arguments: tuple[Argument, ...],
    residuals: Sequence[Array],
    truth: dict[str, Array],
    point: Point,
) -> dict[str, Array] | None:
    found = {}
    for argument, residual in zip(arguments, residuals, strict=True):
        name, expected = argument.tensor.name, truth.get(argument.tensor.name)
        array = np.asarray(residual)
        if expected is None or array.dtype.kind not in "iuf" or array.size != np.size(expected):
            return None
        tensor = array.reshape(np.shape(expected))
        if not _near(tensor, np.asarray(expected, dtype=float)):
            return None
        found[name] = tensor
    return found


def _near(tensor: Array, expected: Array) -> bool:
    known = np.isfinite(expected) & np.isfinite(tensor)
    scale = float(np.max(np.abs(expected[known]), initial=0.0))
    return bool(np.all(np.abs(tensor[known] - expected[known]) <= CLOSE * scale))


def backward_from(
    derived: Derived,
    tensors: dict[str, Array],
    point: Point,
    functions: Functions | None,
    lift: Callable[[Array], Array],
) -> Evaluator:
    """The backward evaluated from residuals and the cotangent.

    Tensors of the forward that were not saved are computed again from those that were.
    """
    arrays = {name: lift(np.asarray(value)) for name, value in tensors.items()}
    parameters = derived.forward.parameters
    arrays |= {p.tensor.name: lift(np.asarray(p.default, float)) for p in parameters}
    evaluator = Evaluator(arrays, point.sizes.lengths, functions)
    for assignment in derived.forward.assignments:
        known = {t.name for t in assignment.value.tensors} <= evaluator.arrays.keys()
        if known and assignment.tensor.name not in evaluator.arrays:
            evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    evaluator.arrays[derived.cotangent.name] = lift(point.cotangent)
    run_backward(derived.backward, evaluator)
    return evaluator
