"""The generated forward against the function as it was given, run by NumPy: what the trace read is
what the function does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..frontends.trace import called
from ..program import Program
from .check import Check, Kernel, Tally, failed, skipped
from .gradients import EPS, SLACK, forward_errors
from .points import points
from .sampling import Point, evaluate_forward

Array = Any
Function = Callable[..., Any]
NAME = "the function itself, run by NumPy"
ROUNDED = 64  # eps of the dtype that the function itself casts to
LOST = 1e-9  # of the largest value: what a forward that is not stable may lose


def check_origin(
    derived: Derived, kernel: Kernel, function: Function | None, *, seed: int = 0,
    hasty: bool = False,
) -> Check:  # fmt: skip
    """The kernel gives what the function gives on real arrays, wherever that is finite."""
    if function is None:
        return skipped(NAME, "it was given as a program, not as a function")
    tally, raised = Tally(), ""
    for point in points(derived.written, seed, (2,) if hasty else (0, 1, 2, 3)):
        tally.at(point.sizes)
        inputs = point.inputs(derived.written)
        wanted, again = (outcome(derived.written, function, inputs) for _ in range(2))
        if isinstance(wanted, str) or isinstance(again, str):
            raised = str(wanted)
            continue
        if not np.array_equal(wanted, again, equal_nan=True):
            return skipped(NAME, "it gives other numbers when it is run again")
        found = np.asarray(kernel.fwd(*point.inputs(derived.written))[0])
        if found.shape != wanted.shape:
            shapes = f"the kernel's output is {found.shape}, the function's {wanted.shape}"
            return failed(NAME, str(point.sizes), shapes)
        _compare(tally, derived, point, found, wanted)
    if not tally.count:
        return skipped(NAME, raised or "it is not finite at the points tried")
    return tally.judged(NAME, f"{tally.count} values at {tally.places}", 1.0, "of what is allowed")


def outcome(program: Program, function: Function, inputs: list[Array]) -> Array | str:
    """What a function makes of copies of these arrays; a text says what it raises."""
    names = [a.tensor.name for a in program.arguments]
    try:
        return np.asarray(called(function, dict(zip(names, map(np.array, inputs), strict=True))))
    except Exception as error:  # whatever the user's function raises
        return f"it raises {type(error).__name__}: {error}"


def _compare(tally: Tally, derived: Derived, point: Point, found: Array, wanted: Array) -> None:
    evaluator = evaluate_forward(derived.forward, point)
    errors = forward_errors(derived.forward, evaluator).errors[derived.forward.output.tensor.name]
    size = float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0))
    real = wanted.dtype.kind == "f"
    lost = max(LOST, ROUNDED * float(np.finfo(wanted.dtype).eps)) if real else LOST
    allowed = lost * size + SLACK * EPS * float(np.max(errors, initial=0.0)) + LOST * EPS
    for place in np.ndindex(wanted.shape):
        if np.isfinite(wanted[place]):
            where = f"y{list(place) or ''} is {found[place]:.6g}, not {wanted[place]:.6g}"
            tally.add(abs(float(found[place] - wanted[place])), allowed, where)
