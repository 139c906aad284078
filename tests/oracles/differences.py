"""Gradients by differences: central ones, and steps along the imaginary axis where analytic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
CENTRAL_STEP = float(np.finfo(float).eps) ** (1 / 3)
COMPLEX_STEP = 1e-30
CENTRAL_TOLERANCE = 1e-6  # of the largest element, for smooth functions of values near 1
COMPLEX_TOLERANCE = 1e-11


def central(
    fn: Callable[..., Array], inputs: tuple[Array, ...], cotangent: Array
) -> tuple[Array, ...]:
    """Σ_y cotangent_y (y(x + h) - y(x - h)) / 2h for each input of floating type."""

    def slope(at: Callable[[float], tuple[Array, ...]], size: float) -> Array:
        h = CENTRAL_STEP * max(1.0, abs(size))
        return (fn(*at(size + h)) - fn(*at(size - h))) / ((size + h) - (size - h))

    return _each(slope, inputs, cotangent, float)


def complex_step(
    fn: Callable[..., Array], inputs: tuple[Array, ...], cotangent: Array
) -> tuple[Array, ...]:
    """Σ_y cotangent_y Im y(x + ih) / h: exact, but wrong through abs, max and comparisons."""

    def slope(at: Callable[[complex], tuple[Array, ...]], size: float) -> Array:
        return np.imag(fn(*at(size + 1j * COMPLEX_STEP))) / COMPLEX_STEP

    return _each(slope, inputs, cotangent, complex)


def _each(
    slope: Any, inputs: tuple[Array, ...], cotangent: Array, dtype: type
) -> tuple[Array, ...]:
    gradients = []
    for position, x in enumerate(inputs):
        if np.asarray(x).dtype.kind != "f":
            continue
        gradient = np.zeros(np.shape(x))
        for place in np.ndindex(*np.shape(x)):

            def at(
                number: Any, position: int = position, place: tuple[int, ...] = place
            ) -> tuple[Array, ...]:
                moved = np.array(inputs[position], dtype=dtype)
                moved[place] = number
                return (*inputs[:position], moved, *inputs[position + 1 :])

            gradient[place] = np.sum(cotangent * slope(at, float(np.asarray(x)[place])))
        gradients.append(gradient)
    return tuple(gradients)
