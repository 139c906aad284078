"""Each step, `before = after`, at random points: at 50 digits, or in float64 when in haste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np

from ..calculus.result import Derived, Jacobian
from ..index.evaluate import NUMPY, Evaluator
from ..index.nodes import ZERO, Expr, Tensor
from ..index.walk import walk
from ..trace import Step
from .check import Check, Tally, failed, passed, skipped
from .environment import environment, numeric_cotangent
from .gradients import forward_errors
from .magnitudes import LEAST, magnitude
from .points import points
from .precise import Arithmetic, arithmetic, as_float, largest
from .sampling import Point, evaluate_forward

Array = Any

MOST_TERMS = 60_000  # a side that adds more numbers than this is left to the smaller lengths
HASTY_TOLERANCE = 1e-9  # in float64
ALL, HASTY = (0, 1, 2, 3), (2,)  # which of the small lengths serve


def check_steps(
    derived: Derived,
    jacobians: Iterable[Jacobian] = (),
    *,
    digits: int = 50,
    seed: int = 0,
    hasty: bool = False,
) -> Check:
    """Every step holds at random points with dims of length 1, 2, 3 and 5."""
    name = "steps"
    steps = list(all_steps(derived, jacobians))
    if not steps:
        return skipped(name, "the derivation has no steps")
    exact = None if hasty else arithmetic(digits)
    tally = Tally()
    seen: set[int] = set()
    for point in points(derived.forward, seed, HASTY if hasty else ALL):
        tally.at(point.sizes)
        seen |= _compare_all(steps, derived, point, exact, tally)
    missed = [f"{of}, {s.rule}" for n, (of, s) in enumerate(steps) if n not in seen]
    how = f"{digits} digits" if exact else "float64"
    covered = f"{len(seen)} of {len(steps)}, {tally.count} comparisons at {tally.places}, {how}"
    if missed:
        return failed(name, covered, f"no value was found for: {'; '.join(missed[:6])}")
    allowed = exact.tolerance if exact else HASTY_TOLERANCE
    return tally.judged(name, covered, allowed, "relative")


def all_steps(derived: Derived, jacobians: Iterable[Jacobian]) -> Iterator[tuple[str, Step]]:
    """Every step with what it belongs to: the Jacobians' first, then each cotangent's."""
    for jacobian in jacobians:
        for step in jacobian.steps:
            yield f"∂{jacobian.output.name}/∂{jacobian.input.name}", step
    for name, steps in derived.steps.items():
        for step in steps:
            yield f"d{name}", step


def _compare_all(
    steps: list[tuple[str, Step]],
    derived: Derived,
    point: Point,
    exact: Arithmetic | None,
    tally: Tally,
) -> set[int]:
    """Note each step's difference; the numbers of those that could be compared here."""
    evaluator = environment(derived, point, exact)
    seen = set()
    start: Expr = ZERO
    left = ""
    for number, (of, step) in enumerate(steps):
        if step.left != left:
            start, left = step.before, step.left
        if max(terms(side, evaluator) for side in (step.before, step.after)) > MOST_TERMS:
            continue
        tensors = _tensors(step) | start.tensors
        if not all(_has_value(t, evaluator, derived, point, exact) for t in tensors):
            continue
        where = f"{of}, rule {step.rule}: {step.before} is not {step.after}"
        tally.add(step_difference(step, evaluator, start), 1.0, where)
        seen.add(number)
    return seen


def _tensors(step: Step) -> frozenset[Tensor]:
    return step.before.tensors | step.after.tensors


def _has_value(
    tensor: Tensor, evaluator: Evaluator, derived: Derived, point: Point, exact: Arithmetic | None
) -> bool:
    """True where a tensor has a value, perhaps after finding that of a cotangent by differences."""
    if tensor.name in evaluator.arrays:
        return True
    of = tensor.name[1:]
    if not tensor.name.startswith("d") or all(
        of != a.tensor.name for a in derived.forward.assignments
    ):
        return False
    more = arithmetic(2 * (exact.digits if exact else 20))
    found = numeric_cotangent(derived, point, of, more)
    evaluator.arrays[tensor.name] = exact.lowered(found) if exact else found.astype(float)
    return True


def step_difference(step: Step, evaluator: Evaluator, start: Expr = ZERO) -> float:
    """|before - after|, relative to the size of the terms of both; NaN where one has no value.

    start: what the path of the step began with. Where that has no value nothing is claimed: the
    distance of a point to itself has no slope. It must have one somewhere.
    """
    axes = tuple(sorted(step.before.free | step.after.free | start.free))
    held = np.isfinite(as_float(evaluator(start, axes)))
    before, after = (evaluator(side, axes)[held] for side in (step.before, step.after))
    if not held.any():
        return float("nan")
    sizes = (magnitude(evaluator, side, axes) for side in (step.before, step.after))
    scale = max(largest(np.broadcast_to(size, held.shape)[held]) for size in sizes)
    gap = largest(before - after)
    return gap / scale if scale else gap


def terms(expr: Expr, evaluator: Evaluator) -> int:
    """How many numbers the largest array holds that it takes to evaluate an expression."""
    return max(prod(evaluator.length(i.dim) for i in node.free) for node in walk(expr))


def check_stability(
    derived: Derived, *, digits: int = 50, seed: int = 0, hasty: bool = False
) -> Check:
    """The forward that was differentiated equals the one that was written."""
    name, program = "written forward equals the one differentiated", derived.written
    if program.assignments == derived.forward.assignments:
        return passed(name, "they are the same program")
    exact = None if hasty else arithmetic(digits)
    functions, lift = (exact.functions, exact.lift) if exact else (NUMPY, np.asarray)
    tally = Tally()
    for point in points(program, seed, HASTY if hasty else ALL):
        tally.at(point.sizes)
        written = evaluate_forward(program, point, functions, lift)
        stable = evaluate_forward(derived.forward, point, functions, lift)
        output = program.output.tensor.name
        size = largest(forward_errors(program, evaluate_forward(program, point)).errors[output])
        gap = largest(written.arrays[output] - stable.arrays[derived.forward.output.tensor.name])
        tally.add(gap, max(largest(written.arrays[output]), size, LEAST), output)
    allowed = exact.tolerance if exact else HASTY_TOLERANCE
    return tally.judged(name, f"outputs at {tally.places}", allowed, "relative")
