"""What is handed out has been run once: its value is the forward's, its gradient the slope.

A few milliseconds, by `samples`. Where anything seems to differ, the checks of the certificate
decide, so that nothing is refused here that `symderive verify` would not refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..errors import SymderiveError
from .check import Check, Kernel, failed
from .code import Sample, check_code, differentiable, near, samples
from .gradients import EPS, check_gradient, tangent
from .origin import Function, check_origin, outcome
from .subject import RAISED

Array = Any

MOST = 4  # samples
STEP = EPS ** (1 / 3)
SLOPE = 1e-5  # what a slope by differences may be off by, relative to its terms


@dataclass
class Once:
    """A derivation's points with their truth, and what was found of each target's code."""

    derived: Derived
    function: Function | None
    _found: dict[str, tuple[Check, ...]] = field(default_factory=dict)

    def faults(self, target: str, precision: str, build: Callable[[], Kernel]) -> tuple[Check, ...]:
        """The checks that the code of a target fails; nothing where it is right, or where it can be
        run at none of the points.

        precision: the dtype in which the code is tried first.  build: makes the code, live.
        """
        if target not in self._found:
            with np.errstate(all="ignore"):
                kernel = build()
                good = self._is_read_rightly and self._agrees(kernel, precision)
                self._found[target] = () if good else self._failed(kernel)
        return self._found[target]

    @cached_property
    def _samples(self) -> tuple[Sample, ...]:
        """Where NumPy can run the forward: it may want other lengths than were drawn."""
        found = tuple(samples(self.derived, most=MOST))
        return found if not found or not isinstance(self._value(found[0]), str) else ()

    def _value(self, sample: Sample) -> Array | str:
        """What the forward gives as its author wrote it; a text says what it raises."""
        if self.function is None:
            return sample.value
        return outcome(
            self.derived.written, self.function, sample.point.inputs(self.derived.written)
        )

    @cached_property
    def _is_read_rightly(self) -> bool:
        """True where the closed form has the value and the slope of the forward as it was given."""
        if not self._samples or self.function is None:
            return True
        sample = self._samples[0]
        value = np.asarray(self._value(sample), float)
        return near(value, sample.value) and self._has_slope(sample, self.function)

    def _has_slope(self, sample: Sample, function: Function) -> bool:
        """True where the gradients are the slope in a random direction, or there is a kink."""
        program, rng = self.derived.written, np.random.default_rng(0)
        inputs, cotangent = sample.point.inputs(program), sample.point.real_cotangent(program)
        moves = {n: tangent(a)(rng.uniform(0.5, 1.5, inputs[n].shape)) for n, a in
                 differentiable(program)}  # fmt: skip
        products = [g * m for g, m in zip(sample.gradients, moves.values(), strict=True)]

        def loss(length: float) -> float:
            moved = [x + length * moves[n] if n in moves else x for n, x in enumerate(inputs)]
            value = outcome(program, function, moved)
            return float("nan") if isinstance(value, str) else float(np.sum(value * cotangent))

        near_slope, far_slope = ((loss(h) - loss(-h)) / (2 * h) for h in (STEP, 2 * STEP))
        size = sum(float(np.sum(np.abs(p))) for p in products)
        allowed = SLOPE * max(size, float(np.sum(np.abs(cotangent)))) + abs(near_slope - far_slope)
        return not abs(near_slope - sum(map(np.sum, products))) > allowed

    def _agrees(self, kernel: Kernel, precision: str) -> bool:
        """True where the code gives the truth of every sample."""
        program = self.derived.written
        for sample in self._samples:
            inputs = sample.point.inputs(program, precision)
            cotangent = sample.point.real_cotangent(program, precision)
            try:
                value, residuals = kernel.fwd(*inputs)
                found = (value, *kernel.bwd(residuals, cotangent))
                pairs = list(zip(found, (sample.value, *sample.gradients), strict=True))
            except RAISED:
                return False
            if not all(near(np.asarray(f), w, precision) for f, w in pairs):
                return False
        return True

    def _failed(self, kernel: Kernel) -> tuple[Check, ...]:
        """The verdict of the certificate's own checks."""
        derived = self.derived
        checks = {
            "value": lambda: check_origin(derived, kernel, self.function, hasty=True),
            "code": lambda: check_code(derived, kernel),
            "slope": lambda: check_gradient(derived, kernel, hasty=True),
        }
        return tuple(c for c in map(_made, checks, checks.values()) if c is not None and not c.ok)


def _made(name: str, check: Callable[[], Check]) -> Check | None:
    """A check; None where it cannot be made at all."""
    try:
        return check()
    except SymderiveError:
        return None
    except RAISED as error:
        return failed(name, "the code", f"it raises {type(error).__name__}: {error}")
