"""Is the certificate sharp? Errors are planted on purpose, and the checks must see each one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.evaluate import Evaluator
from ..index.nodes import ZERO, Add, Expr, Reduce, add, mul, num
from ..index.walk import transform, walk
from ..trace import Step
from .check import FAILED, Check, failed, passed, skipped
from .environment import environment
from .gradients import check_gradient, tangent
from .points import points
from .reference import ReferenceKernel
from .sampling import Point
from .steps import ALL, HASTY, HASTY_TOLERANCE, step_difference

Array = Any

MOST = 6  # errors planted in one expression
NOTICEABLE = 1e-5  # relative: what changes a value by less is no error at that point


def check_mutation(derived: Derived, *, seed: int = 0) -> Check:
    """The step check sees a wrong sign, term or factor in a step; differences, in a backward."""
    name = "planted errors are caught"
    point = next(points(derived.written, seed, (*HASTY, *ALL)))
    in_steps, missed = _plant_in_steps(derived, environment(derived, point, None))
    in_backward, unseen = _plant_in_backward(derived, point, seed)
    if not in_steps and not in_backward:
        return skipped(
            name, "no change of a sign, term or factor changes the value of the backward"
        )
    covered = f"{in_steps} in steps, {in_backward} in the backward"
    missed += unseen
    return failed(name, covered, *missed) if missed else passed(name, covered)


def _plant_in_steps(derived: Derived, evaluator: Evaluator) -> tuple[int, list[str]]:
    """Spoil the last step of each trace; `before` is then no longer `after`."""
    count, missed = 0, []
    for name, trace in derived.steps.items():
        last = trace[-1]
        if any(t.name not in evaluator.arrays for t in last.before.tensors | last.after.tensors):
            continue
        for after, done in changes(last.after):
            wrong: Step = replace(last, after=after)
            if not _noticeable(last.after, after, evaluator):
                continue
            count += 1
            if step_difference(wrong, evaluator) <= HASTY_TOLERANCE:
                missed.append(f"{name}, {done}: not seen by the step check")
    return count, missed


def _plant_in_backward(derived: Derived, point: Point, seed: int) -> tuple[int, list[str]]:
    """Spoil each assignment of the backward; its gradient no longer agrees with differences."""
    count, missed = 0, []
    right = _gradients(derived, point)
    for number, assignment in enumerate(derived.backward.assignments):
        for value, done in changes(assignment.value):
            wrong = list(derived.backward.assignments)
            wrong[number] = replace(assignment, value=value)
            backward = replace(derived.backward, assignments=tuple(wrong))
            spoiled = replace(derived, backward=backward)
            if not any(map(_apart, right, _gradients(spoiled, point))):
                continue
            kernel = ReferenceKernel(spoiled)
            count += 1
            if check_gradient(derived, kernel, seed=seed, hasty=True).verdict != FAILED:
                missed.append(f"{assignment.tensor.name}, {done}: not seen by differences")
    return count, missed


def _gradients(derived: Derived, point: Point) -> list[Array]:
    """The gradients in float64, on a simplex without what no step within it can show."""
    arrays = environment(derived, point, None).arrays
    arguments = list(derived.written.inputs)
    return [
        tangent(a)(point.sizes.to_real(arrays[o.tensor.name], a.layout))
        for a, o in zip(arguments, derived.backward.outputs, strict=True)
    ]


def _noticeable(right: Expr, wrong: Expr, evaluator: Evaluator) -> bool:
    axes = tuple(sorted(right.free | wrong.free))
    return _apart(evaluator(right, axes), evaluator(wrong, axes))


def _apart(a: Array, b: Array) -> bool:
    scale = float(np.max(np.abs(a), initial=0.0))
    return bool(np.max(np.abs(a - b), initial=0.0) > NOTICEABLE * max(scale, NOTICEABLE))


def changes(expr: Expr) -> Iterator[tuple[Expr, str]]:
    """Wrong versions of an expression: what people get wrong, found by its form alone."""
    return islice(_changes(expr), MOST)


def _changes(expr: Expr) -> Iterator[tuple[Expr, str]]:
    yield mul(num(-1), expr), "sign turned"
    for inner in walk(expr):
        if isinstance(inner, Add) and inner.free:
            for term in inner.args:
                rest = add(*(t for t in inner.args if t is not term))
                yield _replaced(expr, inner, rest), f"{term} dropped"
                yield _replaced(expr, inner, rest - term), f"sign of {term} turned"
        elif isinstance(inner, Reduce) and inner is not expr:
            yield _replaced(expr, inner, ZERO), f"{inner} dropped"
    yield mul(num(2), expr), "factor 2 put in"


def _replaced(expr: Expr, part: Expr, by: Expr) -> Expr:
    return transform(expr, lambda node: by if node is part else None)
