"""Each step of a derivation, `before = after`, put to the test at random points: at 50 digits, or in float64 when in haste."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from ..calculus.result import Derived, Jacobian
from ..index.evaluate import NUMPY, Evaluator
from ..index.nodes import Expr, Reduce, Tensor
from ..trace import Step
from .check import Check, failed, judged, skipped
from .environment import environment, numeric_cotangent, written_output
from .magnitudes import magnitude
from .precise import Arithmetic, arithmetic, largest
from .sampling import Point, points

Array = Any

MOST_TERMS = 60_000  # a side that sums over more terms than this, at these lengths, is left to the smaller lengths
HASTY_TOLERANCE = 1e-9  # in float64, relative to the larger side


@dataclass
class _Tally:
    """What became of the steps: the worst difference, where it was, and which steps were never compared."""

    compared: int = 0
    worst: float = 0.0
    wrong: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)


def check_steps(
    derived: Derived,
    jacobians: Iterable[Jacobian],
    *,
    digits: int = 50,
    seed: int = 0,
    hasty: bool = False,
) -> Check:
    """Every step of the derivation holds at random points with dims of length 1, 2, 3 and 5."""
    name = "steps"
    steps = list(all_steps(derived, jacobians))
    if not steps:
        return skipped(name, "the derivation has no steps")
    exact = None if hasty else arithmetic(digits)
    allowed = exact.tolerance if exact else HASTY_TOLERANCE
    tally = _Tally()
    shown = []
    for point in points(derived.forward, seed, (2,) if hasty else (0, 1, 2, 3)):
        shown.append(str(point.sizes))
        _compare_all(steps, derived, point, exact, allowed, tally)
    missed = [f"not compared (too many terms, or a tensor without a value): {s.left} [{s.rule}]"
              for n, (_, s) in enumerate(steps) if n not in tally.seen]  # fmt: skip
    covered = f"{len(tally.seen)} of {len(steps)} steps, {tally.compared} comparisons at {'; '.join(shown)}"
    covered += f", {digits} digits" if exact else ", float64"
    if tally.wrong or not tally.seen:
        return failed(
            name, covered, *tally.wrong[:8], *missed[:8], measured=tally.worst, tolerance=allowed
        )
    result = judged(name, covered, tally.worst, allowed, "relative")
    return Check(**{**result.__dict__, "detail": tuple(missed[:8])})


def all_steps(derived: Derived, jacobians: Iterable[Jacobian]) -> Iterator[tuple[str, Step]]:
    """Every step with the name of what it belongs to: the Jacobians' first, then each cotangent's."""
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
    allowed: float,
    tally: _Tally,
) -> None:
    evaluator = environment(derived, point, exact)
    for number, (of, step) in enumerate(steps):
        if max(terms(step.before, evaluator), terms(step.after, evaluator)) > MOST_TERMS:
            continue
        if not _complete(
            evaluator, step.before.tensors | step.after.tensors, derived, point, exact
        ):
            continue
        difference = step_difference(step, evaluator)
        tally.compared += 1
        tally.seen.add(number)
        if not difference <= allowed:
            tally.wrong.append(
                f"{of}, rule {step.rule}: {step.before} is not {step.after}; they differ by {difference:.1e} at {point.sizes}"
            )
        tally.worst = (
            difference if difference > tally.worst or difference != difference else tally.worst
        )


def _complete(
    evaluator: Evaluator,
    tensors: Iterable[Tensor],
    derived: Derived,
    point: Point,
    exact: Arithmetic | None,
) -> bool:
    """True where each tensor has a value, after finding those of cotangents that the backward does without."""
    intermediates = {a.tensor.name for a in derived.forward.assignments}
    for tensor in tensors:
        if tensor.name in evaluator.arrays:
            continue
        if not tensor.name.startswith("d") or tensor.name[1:] not in intermediates:
            return False
        more = arithmetic(2 * (exact.digits if exact else 20))
        found = numeric_cotangent(derived, point, tensor.name[1:], more)
        evaluator.arrays[tensor.name] = _rounded(found, exact)
    return True


def _rounded(values: Array, exact: Arithmetic | None) -> Array:
    if exact is None:
        return values.astype(float)
    lower = np.empty(values.shape, dtype=object)
    lower.flat = [exact.context.mpf(v) for v in values.flat]
    return lower


def step_difference(step: Step, evaluator: Evaluator) -> float:
    """|before - after|, relative to the size of the terms of both sides; NaN where either side has no value."""
    axes = tuple(sorted(step.before.free | step.after.free))
    try:
        gap = largest(evaluator(step.before, axes) - evaluator(step.after, axes))
        scale = max(largest(magnitude(evaluator, side, axes)) for side in (step.before, step.after))
    except ZeroDivisionError:  # mpmath divides by zero on neither side of a step that holds
        return float("nan")
    return gap / scale if scale else gap


def terms(expr: Expr, evaluator: Evaluator) -> int:
    """How many numbers it takes to evaluate an expression: the product of all lengths at its deepest place."""
    memo: Mapping[Expr, frozenset[Any]] = _bound_within(expr)
    return prod(evaluator.length(i.dim) for i in expr.free | memo[expr])


def _bound_within(expr: Expr) -> dict[Expr, frozenset[Any]]:
    found: dict[Expr, frozenset[Any]] = {}

    def visit(node: Expr) -> frozenset[Any]:
        if node not in found:
            deepest = max((visit(a) for a in node.args), key=len, default=frozenset())
            found[node] = deepest | frozenset(node.bound) if isinstance(node, Reduce) else deepest
        return found[node]

    visit(expr)
    return found


def check_stability(
    derived: Derived, *, digits: int = 50, seed: int = 0, hasty: bool = False
) -> Check:
    """The forward that was differentiated equals the one that was written."""
    name = "written forward equals the one differentiated"
    if derived.written.assignments == derived.forward.assignments:
        return Check(name, "passed", "they are the same program")
    exact = None if hasty else arithmetic(digits)
    allowed = exact.tolerance if exact else HASTY_TOLERANCE
    worst, shown = 0.0, []
    functions, lift = (exact.functions, exact.lift) if exact else (NUMPY, np.asarray)
    for point in points(derived.written, seed, (2,) if hasty else (0, 1, 2, 3)):
        written = written_output(derived, point, functions, lift)
        differentiated = environment(derived, point, exact).arrays[
            derived.forward.output.tensor.name
        ]
        scale = largest(written)
        gap = largest(written - differentiated)
        worst = max(worst, gap / scale if scale else gap)
        shown.append(str(point.sizes))
    return judged(name, f"outputs at {'; '.join(shown)}", worst, allowed, "relative")
