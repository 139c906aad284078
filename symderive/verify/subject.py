"""What the edge checks are put to: a kernel, its derivation, and what it should return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..calculus.stage import with_hits
from ..index.evaluate import NUMPY
from ..program import Output, Program
from ..quiet import quiet
from .check import Check, Kernel, failed, passed, skipped
from .environment import environment
from .layouts import Sizes
from .residuals import backward_from, residual_tensors
from .sampling import Point, draw, evaluate_forward, sizes_for, usual_range

Array = Any
RAISED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # what arrays raise
RELATIVE = 1e-9  # of float64 results, to the largest finite value
CANCELLED = 1e-12  # what may be left of values near 1 that cancel


@dataclass(frozen=True)
class Finding:
    """What one edge showed: what was tried, and complaints where it went wrong."""

    tried: str
    complaints: tuple[str, ...] = ()


Edge = Callable[["Subject"], Finding | str]  # a text says why the edge was not tried
ABSENT = "does not occur for this operator"


def run_edge(name: str, edge: Edge, subject: Subject) -> Check:
    """The verdict on one edge. What the kernel raises where it should not is a failure, too."""
    try:
        with np.errstate(all="ignore"), quiet():  # a mean of nothing warns by itself
            found = edge(subject)
    except RAISED as error:
        return failed(name, "the kernel", f"raises {type(error).__name__}: {error}")
    if isinstance(found, str):
        return skipped(name, found)
    if found.complaints:
        return failed(name, found.tried, *found.complaints[:4])
    return passed(name, found.tried)


@dataclass(frozen=True)
class Subject:
    """A kernel with its derivation, and a point to start from."""

    derived: Derived
    kernel: Kernel
    point: Point
    seed: int = 0

    @classmethod
    def of(cls, derived: Derived, kernel: Kernel, seed: int) -> Subject | None:
        """The subject at small lengths above one; None where the program has no such lengths."""
        rng = np.random.default_rng(seed)
        sizes = sizes_for(derived.written, 2)
        if sizes is None:
            return None
        lifted = Sizes({n: max(length, 2) for n, length in sizes.lengths.items()}, (2,))
        drawn = usual_range(derived.written, rng)
        return cls(derived, kernel, draw(derived.written, lifted, rng, drawn), seed)

    @property
    def program(self) -> Program:
        """The forward as it was written."""
        return self.derived.written

    @property
    def rng(self) -> np.random.Generator:
        """The same random numbers each time."""
        return np.random.default_rng(self.seed)

    def at(self, point: Point) -> Subject:
        """The same kernel at another point."""
        return replace(self, point=point)

    def moved(self, name: str, values: Array) -> Subject:
        """The same point with another value of one input."""
        return self.at(replace(self.point, tensors={**self.point.tensors, name: values}))

    def run(self, dtype: Any = np.float64) -> tuple[Array, tuple[Array, ...], Any]:
        """The output, the gradients and the residuals here."""
        y, residuals = self.kernel.fwd(*self.point.inputs(self.program, dtype))
        cotangent = self.point.real_cotangent(self.program, dtype)
        return y, tuple(self.kernel.bwd(residuals, cotangent)), residuals

    def complaints(
        self,
        usual: Subject | None = None,
        limits: Callable[[Subject], Array] | None = None,
        moved: Sequence[Subject] = (),
    ) -> list[str]:
        """Where the kernel differs from the written forward or from the closed form.

        usual: the same point before a value was planted, for a forward that chooses between values.
        No comparison with NaN holds, so that the choice is open: what depends on the planted value
        is not compared, and all else must be what it was.
        moved: the point with other values planted there; what depends on these is not compared.
        limits: what the output may be where the written forward is NaN.
        """
        y, gradients, residuals = self.run()
        written, backward = self._expected(residuals)
        open_to = usual._expected(usual.run()[2]) if usual else ({}, {})
        for other in moved:
            forward, back = other._expected(other.run()[2])
            open_to = _unless_moved(open_to[0], forward), _unless_moved(open_to[1], back)
        wrong = differences(self.program.output, self.point, y, written, open_to[0])
        if wrong and limits:
            name = self.program.output.tensor.name
            at = np.where(np.isnan(written[name]), limits(self), np.nan)
            wrong = differences(self.program.output, self.point, y, written, open_to[0], at)
        for output, gradient in zip(self.derived.backward.outputs, gradients, strict=True):
            wrong += differences(output, self.point, gradient, backward, open_to[1])
        return wrong

    def _expected(self, residuals: Any) -> tuple[dict[str, Array], dict[str, Array]]:
        """The tensors of the written forward, and of the closed form from these residuals."""
        forward = environment(self.derived, self.point, None).arrays
        start = residual_tensors(self.derived, residuals, forward, self.point) or forward
        closed = backward_from(self.derived, start, self.point, NUMPY, np.asarray)
        written = with_hits(self.program)  # a δ chooses, whether or not it has a name
        return evaluate_forward(written, self.point).arrays, closed.arrays


def _unless_moved(usual: dict[str, Array], found: dict[str, Array]) -> dict[str, Array]:
    """The usual values, and NaN, which nothing equals, where others were found."""
    return {
        name: np.where(np.isclose(value, found[name], equal_nan=True), value, np.nan)
        for name, value in usual.items()
        if value.dtype.kind == "f"
    }


def differences(
    output: Output,
    point: Point,
    found: Array,
    expected: dict[str, Array],
    usual: dict[str, Array] | None = None,
    limits: Array | None = None,
) -> list[str]:
    """Where an array differs from what it should be: in shape, in what is not finite, in value.

    limits: other values that it may have.
    """
    name = output.tensor.name
    shape = point.sizes.real_shape(output.layout)
    if np.shape(found) != shape:
        return [f"{name} has the shape {np.shape(found)}, not {shape}, at {point.sizes}"]
    got = np.asarray(point.sizes.to_tensor(found, output.layout), float)
    want = np.asarray(expected[name], float)
    scale = float(np.max(np.abs(want[np.isfinite(want)]), initial=0.0))
    allowed = RELATIVE * scale + CANCELLED
    same = np.isclose(got, want, rtol=RELATIVE, atol=allowed, equal_nan=True)
    if limits is not None:
        same |= np.isclose(got, limits, rtol=RELATIVE, atol=allowed)
    if usual:
        same |= want != np.asarray(usual[name], float)
    return [
        f"{name}{list(map(int, where)) or ''} is {got[tuple(where)]:.6g}, should be"
        f" {want[tuple(where)]:.6g} at {point.sizes}"
        for where in np.argwhere(~same)[:3]
    ]
