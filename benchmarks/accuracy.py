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
from math import inf
from typing import Any

import numpy as np

import symderive as sd
from symderive import calculus
from symderive.calculus.result import Derived
from symderive.index.evaluate import NUMPY
from symderive.operators import CATALOGUE
from symderive.pipeline import Derivation, program_of
from symderive.program import Output
from symderive.stability import Stabilised
from symderive.verify.accuracy import reference_sizes, rounded
from symderive.verify.gradients import forward_errors
from symderive.verify.magnitudes import Condition
from symderive.verify.precise import arithmetic
from symderive.verify.residuals import backward_from
from symderive.verify.sampling import Point, draw, evaluate_forward, usual_range

from .counterparts import scipy_functions, torch_functions

Array = Any
Run = Callable[[Point, Any], tuple[Array, tuple[Array, ...]]]

DTYPES: tuple[type, ...] = (np.float32, np.float64)
SCALES = (1.0, 20.0, 1000.0)  # of the real inputs: moderate, large, past the range of exp
SMALLEST = 0.5  # no result can be expected to be nearer than its own rounding


@dataclass
class Worst:
    """The largest error of one contender in one dtype, over all scales; infinite where a value is
    not finite although the true one is representable."""

    forward: float = 0.0
    backward: float = 0.0
    tells_backward: bool = True


Figures = dict[str, dict[str, Worst]]  # by contender, by dtype


@dataclass(frozen=True)
class Truth:
    """At one point, by tensor: the true values, and the size that errors are measured by."""

    values: dict[str, Array]
    sizes: dict[str, Array]


def truth_at(derived: Derived, point: Point) -> Truth:
    """Forward and backward at 50 digits, and their condition-scaled sizes in float64."""
    exact = arithmetic(50)
    forward = evaluate_forward(derived.forward, point, exact.functions, exact.lift).arrays
    backward = backward_from(derived, forward, point, exact.functions, exact.lift).arrays
    near = evaluate_forward(derived.forward, point)
    carried = forward_errors(derived.forward, near).errors
    condition = Condition(backward_from(derived, near.arrays, point, NUMPY, np.asarray))
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


def generated(derivation: Derivation) -> Run:
    """The generated NumPy module of a derivation."""
    kernel, derived = derivation.build(), derivation.derived

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


def contenders(name: str, derivation: Derivation) -> dict[str, Run]:
    """Who is measured for an operator."""
    derived = derivation.derived
    runs = {"symderive": generated(derivation), "textbook": textbook(name)}
    others = scipy_functions(), torch_functions()
    if name in others[0]:
        runs["SciPy"] = forward_only(derived, others[0][name])
    if name in others[1]:
        runs["torch"] = torch_run(derived, others[1][name])
    return runs


def points(derived: Derived, seed: int) -> Iterator[tuple[Point, Any]]:
    """A point for each dtype and scale, its numbers rounded to that dtype."""
    program, rng = derived.written, np.random.default_rng(seed)
    drawn, sizes = usual_range(program, rng), reference_sizes(derived)
    if sizes is None:
        return
    for dtype in DTYPES:
        for scale in SCALES if drawn == "standard normal" else SCALES[:1]:
            yield rounded(draw(program, sizes, rng, drawn, scale), dtype), dtype


def measure(name: str, seed: int = 0) -> Figures:
    """The worst errors of every contender for one operator."""
    derivation = sd.derive(name)
    derived, runs = derivation.derived, contenders(name, derivation)
    figures: Figures = {who: {} for who in runs}
    for point, dtype in points(derived, seed):
        try:
            truth = truth_at(derived, point)
        except ZeroDivisionError:
            continue  # a pole, of which nothing can be said
        for who, run in runs.items():
            worst = figures[who].setdefault(np.dtype(dtype).name, Worst())
            y, gradients = run(point, dtype)
            worst.forward = max(
                worst.forward, error(y, derived.forward.output, point, truth, dtype)
            )
            worst.tells_backward = bool(gradients)
            for output, gradient in zip(derived.backward.outputs, gradients, strict=False):
                worst.backward = max(worst.backward, error(gradient, output, point, truth, dtype))
    return figures


def main() -> None:
    names = sys.argv[1:] or list(CATALOGUE)
    warnings.simplefilter("ignore")
    with np.errstate(all="ignore"):
        for name in names:
            for who, by_dtype in measure(name).items():
                cells = [f"{d} {w.forward:8.3g} {w.backward:8.3g}" for d, w in by_dtype.items()]
                print(f"{name:24} {who:10}", "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
