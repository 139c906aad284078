"""Diagonals with an offset, of matrices of any shape, as NumPy takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any
FORWARDS: dict[str, tuple[str, Callable[..., Array]]] = {
    **{f"trace {k}": ("n n", lambda x, k=k: x * np.trace(x, k)) for k in (-2, -1, 0, 1, 3)},
    **{f"diagonal {k}": ("n n", lambda x, k=k: np.diagonal(x, k) ** 2) for k in (-3, -1, 2)},
    **{f"wide {k}": ("2 4", lambda x, k=k: np.diagonal(x, k) ** 2) for k in (-1, 0, 1, 2, 3)},
    **{f"tall {k}": ("4 2", lambda x, k=k: np.diag(x, k) ** 2) for k in (-3, -2, -1, 0, 1)},
    **{f"row {k}": ("m", lambda x, k=k: np.diagonal(x[None], k) ** 2) for k in (0, 1, 4)},
    "column": ("m", lambda x: np.diag(np.atleast_2d(x).T) ** 2),
    "method": ("n n", lambda x: x.trace(offset=1) * x.diagonal(offset=-1)),
    "of batches": ("b n n", lambda x: np.linalg.trace(x, offset=-1) * np.trace(x, 1, 1, 2)),
    "of a part": ("n n", lambda x: np.trace(x[1:, :-1], 1) * np.diagonal(x[:, 1:], 1)),
    **{f"matrix {k}": ("m", lambda x, k=k: np.diag(x, k) @ np.diag(x**2, k)) for k in (-2, 0, 1)},
    "flat": ("m", lambda x: np.diagflat(x, -1) @ np.diagflat(x**2, 1)),
}
LENGTHS = {"n": 4, "m": 5, "b": 2}


@pytest.mark.parametrize("name", FORWARDS)
def test_values_and_gradients(name: str) -> None:
    dims, forward = FORWARDS[name]
    shape = tuple(LENGTHS.get(d) or int(d) for d in dims.split())
    x = np.random.default_rng(3).uniform(0.5, 1.5, shape)
    kernel = sd.derive(forward, x=dims).build()
    y, residuals = kernel.fwd(x)
    np.testing.assert_allclose(y, forward(x))
    g = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    (found,) = kernel.bwd(residuals, g)
    for place in np.ndindex(shape):
        step = np.zeros(shape)
        step[place] = 1e-6
        slope = np.sum(g * (forward(x + step) - forward(x - step))) / 2e-6
        np.testing.assert_allclose(found[place], slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("offset", [-1, 2])
def test_of_an_axis_that_is_too_short_it_is_empty(offset: int) -> None:
    kernel = sd.derive(lambda x: x + np.trace(x, offset), x="n n").build()
    x = np.ones((1, 1))
    np.testing.assert_array_equal(kernel.fwd(x)[0], x + np.trace(x, offset))
