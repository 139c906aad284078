"""The generated forward against its author's own text, both measured in relative error.

A condition-scaled size forgives what cancels inside a form that the author did not write. Here the
true result alone says what is hard: how far it moves as each input moves by a rounding. Where it
hardly does, an error that plain NumPy does not make on the text is a rewrite that made it worse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.domains import Domain
from .accuracy import LENGTHS, MORE_DIGITS, SCALES, reference_sizes
from .check import Check, Kernel, Tally, skipped
from .precise import Arithmetic, arithmetic
from .sampling import Point, draw, evaluate_forward, usual_range

Array = Any

NAME = "no worse than the text as it is written"
ALLOWED = 64.0  # in eps of the true result, times what its inputs' roundings may do to it
FACTOR = 4.0  # how many times the text's own error is no worse
DIRECTIONS = 2
NUDGE = 1e-30
UNIT = "eps of the true result, which is well conditioned"


def check_beside_text(
    derived: Derived, kernel: Kernel, *, digits: int = 50, seed: int = 0
) -> Check:
    """Wherever the value is less accurate than its condition allows, so is the text itself."""
    rng = np.random.default_rng(seed)
    tally = Tally()
    for point in _points(derived, rng):
        try:
            found = _compared(derived, kernel, point, arithmetic(digits), rng)
            if not found.worst <= ALLOWED:  # the reference itself may have cancelled
                found = _compared(derived, kernel, point, arithmetic(MORE_DIGITS), rng)
        except ZeroDivisionError:
            continue  # the true value is a pole there, of which nothing can be said
        tally = Tally.joined([tally, found])
    if not tally.count:
        return skipped(NAME, "no quick reference at a point whose true values are representable")
    return tally.judged(NAME, f"{tally.count} values at {tally.places}", ALLOWED, UNIT)


def _points(derived: Derived, rng: np.random.Generator) -> Iterator[Point]:
    """Inputs of each scale, and inputs of every magnitude at once."""
    program = derived.written
    drawn, sizes = usual_range(program, rng), reference_sizes(derived, LENGTHS[2:])
    if sizes is None:
        return
    usual = draw(program, sizes, rng, drawn)
    yield usual
    if drawn != "standard normal":
        return
    for scale in SCALES[1:]:
        yield draw(program, sizes, rng, drawn, scale)
    free = [a.tensor.name for a in program.arguments if _is_free(a.tensor.domain)]
    widened = {
        name: np.sign(array) * 10.0 ** rng.uniform(-9, 2.5, np.shape(array))
        for name, array in usual.tensors.items()
        if name in free
    }
    yield replace(usual, tensors={**usual.tensors, **widened})


def _is_free(domain: Domain) -> bool:
    """True where numbers of every magnitude are held, of the sign that the domain has."""
    return domain.holds(10.0**-9) and domain.holds(10.0**3)


def _compared(
    derived: Derived,
    kernel: Kernel,
    point: Point,
    exact: Arithmetic,
    rng: np.random.Generator,
) -> Tally:
    """Each value against the truth, beside what the text gives there."""
    tally, program = Tally(), derived.written
    name = program.output.tensor.name
    with np.errstate(all="ignore"):
        y, _ = kernel.fwd(*point.inputs(program))
        text = evaluate_forward(program, point).arrays[name]
    got = np.asarray(point.sizes.to_tensor(y, program.output.layout), float)
    true = evaluate_forward(program, point, exact.functions, exact.lift).arrays[name]
    moved = [_moved(derived, point, exact, rng) for _ in range(DIRECTIONS)]
    tally.at(point.sizes)
    limits = np.finfo(float)
    least = 16 * float(limits.smallest_subnormal) / float(limits.eps)
    for where in np.ndindex(got.shape):
        value = true[where]
        if not abs(value) < limits.max:
            continue
        swing = max(float(abs(other[where] - value) / NUDGE) for other in moved)
        size = max(float(abs(value)) + swing, least)
        error, own = (_off(float(a[where]), value) for a in (got, text))
        at = f"{name}{list(where) or ''}: {got[where]:.9g}, truly {float(value):.9g}"
        at += f", the text itself {text[where]:.9g}"
        if np.isfinite(size):
            tally.add(error if error > FACTOR * own else 0.0, float(limits.eps) * size, at)
    return tally


def _off(found: float, true: Any) -> float:
    return float(abs(true - type(true)(float(found)))) if np.isfinite(found) else float("inf")


def _moved(
    derived: Derived, point: Point, exact: Arithmetic, rng: np.random.Generator
) -> dict[Any, Any] | Array:
    """The true result where every real input has moved by a tiny part of itself, either way."""
    program = derived.written
    labels = {a.tensor.name for a in program.arguments if a.tensor.domain.is_label}
    tensors = dict(point.tensors)
    for name, array in point.tensors.items():
        if name not in labels:
            signs = rng.choice([-1.0, 1.0], np.shape(array))
            lifted = exact.lift(array)
            tensors[name] = lifted + lifted * exact.lift(signs) * exact.context.mpf(NUDGE)
    there = replace(point, tensors=tensors)
    arrays = evaluate_forward(program, there, exact.functions, exact.lift).arrays
    return arrays[program.output.tensor.name]
