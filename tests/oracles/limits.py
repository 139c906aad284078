"""One-sided slopes of a forward in 60 digits: what a gradient is at a kink, a guard or a zero base.

The forward is run as it is, on arrays of mpmath numbers, so that it may use operators and what of
NumPy works on objects: sums, products, maximum, where, power.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

Array = Any
STEPS = (mpmath.mpf(10) ** -17, mpmath.mpf(10) ** -21)
AGREE = 1e-6


def exact(array: Array) -> Array:
    """Real numbers as mpmath's; labels stay as they are."""
    given = np.asarray(array)
    return np.frompyfunc(mpmath.mpf, 1, 1)(given) if given.dtype.kind == "f" else given


def _loss(forward: Callable[..., Array], inputs: Sequence[Array], cotangent: Array) -> Any:
    try:
        total = mpmath.mpf(0) + np.sum(forward(*inputs) * cotangent)
    except ZeroDivisionError:
        return mpmath.nan
    return total.real if getattr(total, "imag", 0) == 0 else mpmath.nan


def _limit(slopes: Sequence[Any]) -> float:
    wide, near = slopes
    agree = abs(wide - near) <= AGREE * (1 + abs(near))
    return float(near) if agree else float("nan")


def sides(
    forward: Callable[..., Array], inputs: Sequence[Array], cotangent: Array, position: int
) -> tuple[Array, Array]:
    """The slopes of Σ cotangent · forward to the right and to the left of one input's elements; NaN
    where there is no finite one."""
    with mpmath.workdps(60):
        whole = [exact(x) for x in inputs]
        here = _loss(forward, whole, cotangent)
        found = np.empty((2, *np.shape(inputs[position])))
        for place in np.ndindex(found.shape[1:]):
            for n, sign in enumerate((1, -1)):
                slopes = []
                for step in STEPS:
                    moved = np.array(whole[position], dtype=object)
                    moved[place] += sign * step
                    there = _loss(
                        forward, [*whole[:position], moved, *whole[position + 1 :]], cotangent
                    )
                    slopes.append((there - here) / (sign * step))
                found[(n, *place)] = _limit(slopes)
    return found[0], found[1]


def assert_between(gradient: Array, right: Array, left: Array, tolerance: float = 1e-9) -> int:
    """The gradient lies between the slopes of both sides, and is that of the one side that there
    is; how many elements have a slope at all."""
    low, high = np.fmin(right, left), np.fmax(right, left)
    known = np.isfinite(low)
    margin = tolerance * (1 + np.abs(high[known]))
    assert np.all(gradient[known] >= low[known] - margin), (gradient, right, left)
    assert np.all(gradient[known] <= high[known] + margin), (gradient, right, left)
    return int(known.sum())
