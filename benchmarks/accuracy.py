"""How accurate the catalogue is, beside the textbook's NumPy, SciPy and torch: writes
docs/accuracy.md.

Run: python -m benchmarks.accuracy [NAME ...]. With names, the figures are printed and nothing is
written. Errors are against arithmetic of 50 digits, in units of eps times the condition-scaled
size of each element: the sum of the absolute values of the terms that are added, rounding errors
of what is inside carried outwards. They are those of the whole chain from the inputs.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from math import inf
from typing import Any

import numpy as np

import symderive as sd
from symderive import calculus
from symderive.calculus.result import Derived
from symderive.derivation import Derivation
from symderive.index.evaluate import NUMPY
from symderive.operators import CATALOGUE
from symderive.pipeline import program_of
from symderive.program import Output
from symderive.stability import Stabilised
from symderive.verify.accuracy import reference_sizes, rounded
from symderive.verify.gradients import forward_errors
from symderive.verify.magnitudes import Condition
from symderive.verify.precise import arithmetic
from symderive.verify.residuals import backward_from
from symderive.verify.sampling import Point, draw, evaluate_forward, usual_range

from .accuracy_page import DTYPE_NAMES, PAGE, page, table
from .counterparts import scipy_functions, torch_functions
from .figures import SCALES, Figures, Worst

Array = Any
Run = Callable[[Point, Any], tuple[Array, tuple[Array, ...]]]

DTYPES: tuple[type, ...] = (np.float32, np.float64)
SEEDS = tuple(range(6))


@dataclass(frozen=True)
class Truth:
    """At one point, by tensor: the true values, and the size that errors are measured by."""

    values: dict[str, Array]
    sizes: dict[str, Array]


def truth_at(derived: Derived, point: Point, dtype: Any) -> Truth:
    """Forward and backward at 50 digits, and their condition-scaled sizes in float64."""
    exact = arithmetic(50)
    forward = evaluate_forward(derived.forward, point, exact.functions, exact.lift).arrays
    backward = backward_from(derived, forward, point, exact.functions, exact.lift).arrays
    near = evaluate_forward(derived.forward, point)
    least = float(np.finfo(dtype).smallest_normal)
    carried = forward_errors(derived.forward, near, least).errors
    condition = Condition(backward_from(derived, near.arrays, point, NUMPY, np.asarray), least)
    condition.errors |= carried
    for assignment in derived.backward.assignments:
        condition.assign(assignment.tensor.name, assignment.indices, assignment.value)
    return Truth({**forward, **backward}, condition.errors)


def error(found: Array, output: Output, point: Point, truth: Truth, dtype: Any) -> float:
    """The largest error of one array."""
    limits, name = np.finfo(dtype), output.tensor.name
    got = np.asarray(point.sizes.to_tensor(found, output.layout), float)
    least = 16 * float(limits.smallest_subnormal) / float(limits.eps)
    worst = 0.0
    for where in np.ndindex(got.shape):
        true = truth.values[name][where]
        if not abs(true) < limits.max:
            continue
        if not np.isfinite(got[where]):
            return inf
        size = max(float(truth.sizes[name][where]), abs(float(true)), least)
        if np.isfinite(size):
            off = float(abs(true - type(true)(float(got[where]))))
            worst = max(worst, off / (float(limits.eps) * size))
    return worst


def generated(derivation: Derivation, target: str = "numpy") -> Run:
    """The generated code of a derivation."""
    kernel, derived = derivation.build(target), derivation.derived

    def run(point: Point, dtype: Any) -> tuple[Array, tuple[Array, ...]]:
        y, residuals = kernel.fwd(*point.inputs(derived.written, dtype))
        return y, kernel.bwd(residuals, point.real_cotangent(derived.written, dtype))

    return run


def textbook(name: str) -> Run:
    """The catalogue's forward as it is written, and the backward derived from just that."""
    program = program_of(name, {})
    return generated(Derivation(calculus.derive(program), Stabilised(program, ())))


def forward_only(derived: Derived, function: Callable[..., Array]) -> Run:
    """A function without a gradient."""
    return lambda point, dtype: (function(*point.inputs(derived.written, dtype)), ())


def torch_run(derived: Derived, function: Callable[..., Array]) -> Run:
    """A function of torch tensors, and torch's automatic differentiation of it."""
    import torch

    def run(point: Point, dtype: Any) -> tuple[Array, tuple[Array, ...]]:
        arrays = [torch.from_numpy(np.array(a)) for a in point.inputs(derived.written, dtype)]
        inputs = [a.requires_grad_() for a in arrays if a.is_floating_point()]
        y = function(*arrays)
        cotangent = torch.from_numpy(np.array(point.real_cotangent(derived.written, dtype)))
        gradients = torch.autograd.grad(y, inputs, cotangent.reshape(y.shape))
        return y.detach().numpy(), tuple(g.numpy() for g in gradients)

    return run


def contenders(name: str, derivation: Derivation, rivals: bool) -> dict[str, Run]:
    """Who is measured for an operator, of those that are installed."""
    derived = derivation.derived
    runs = {"symderive": generated(derivation)}
    if rivals:
        runs["symderive C"] = generated(derivation, "c")
        runs["textbook"] = textbook(name)
    if rivals and find_spec("scipy") and name in scipy_functions():
        runs["SciPy"] = forward_only(derived, scipy_functions()[name])
    if rivals and find_spec("torch") and name in torch_functions():
        runs["torch"] = torch_run(derived, torch_functions()[name])
    return runs


def points(derived: Derived, seed: int) -> Iterator[tuple[Point, Any, float]]:
    """A point for each dtype and scale, its numbers rounded to that dtype."""
    program, rng = derived.written, np.random.default_rng(seed)
    drawn, sizes = usual_range(program, rng), reference_sizes(derived)
    if sizes is None:
        return
    for dtype in DTYPES:
        for scale in SCALES if drawn == "standard normal" else SCALES[:1]:
            yield rounded(draw(program, sizes, rng, drawn, scale), dtype), dtype, scale


def measure(name: str, seeds: tuple[int, ...] = SEEDS, rivals: bool = True) -> Figures:
    """The worst errors of every contender for one operator; without rivals, of our code alone."""
    derivation = sd.derive(name)
    derived, runs = derivation.derived, contenders(name, derivation, rivals)
    figures: Figures = {who: {} for who in runs}
    for point, dtype, scale in (p for seed in seeds for p in points(derived, seed)):
        try:
            truth = truth_at(derived, point, dtype)
        except ZeroDivisionError:
            continue  # a pole, of which nothing can be said
        key = (np.dtype(dtype).name, scale)
        for who, run in runs.items():
            found = worst_of(run(point, dtype), derived, point, truth, dtype)
            figures[who][key] = found.joined(figures[who].get(key, Worst()))
    return figures


def worst_of(
    results: tuple[Array, tuple[Array, ...]],
    derived: Derived,
    point: Point,
    truth: Truth,
    dtype: Any,
) -> Worst:
    """The errors of one run."""
    y, gradients = results
    forward = error(y, derived.forward.output, point, truth, dtype)
    pairs = zip(derived.backward.outputs, gradients, strict=bool(gradients))
    sides = [error(g, output, point, truth, dtype) for output, g in pairs]
    return Worst(forward, max(sides, default=None))


def main() -> None:
    """The page for the whole catalogue, or the figures of some operators."""
    warnings.simplefilter("ignore")
    measured: dict[str, Figures] = {}
    with np.errstate(all="ignore"):
        for name in sys.argv[1:] or CATALOGUE:
            measured[name] = measure(name)
            print(name, flush=True)
    if sys.argv[1:]:
        print("\n".join(line for dtype in DTYPE_NAMES for line in table(measured, dtype)))
    else:
        PAGE.write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
