"""NaN and ∞ among the elements: NumPy's value, and 0 as the gradient of what was passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(4)

Array = Any
NAN, INF = np.nan, np.inf
HOLES = np.array([[1.0, NAN, 3.0], [2.0, -1.0, -7.0], [4.0, 4.5, NAN]])
EDGES = np.array([[1.0, NAN, INF], [2.0, -1.0, -INF], [4.0, 4.5, NAN]])
STEP = 1e-6

FORWARDS: dict[str, Callable[[Array], Array]] = {
    "isnan": lambda x: np.where(np.isnan(x), 7.0, x * x),
    "where there is a number": lambda x: np.where(~np.isnan(x), x * x, 7.0),
    "itself": lambda x: np.where(x == x, x * x, 7.0),
    "not itself": lambda x: np.where(x != x, 7.0, x * x),
    "isfinite": lambda x: np.where(np.isfinite(x), np.exp(x), 7.0),
    "not finite": lambda x: np.where(~np.isfinite(x), 7.0, np.exp(x)),
    "isinf": lambda x: np.where(np.isinf(x) | np.isnan(x), 7.0, x * x),
    "signs of infinities": lambda x: np.where(
        np.isposinf(x), 5.0, np.where(np.isneginf(x), 6.0, 7)
    ),
    "nan_to_num": lambda x: np.nan_to_num(x, nan=3.0, posinf=9.0, neginf=-9.0) ** 2,
    "nan_to_num alone": lambda x: np.nan_to_num(x * 2),
    "nansum": lambda x: np.nansum(x * x, axis=-1),
    "nanprod": lambda x: np.nanprod(x, axis=0),
    "nanmean": lambda x: np.nanmean(x, axis=-1, keepdims=True) * 2,
    "nanvar": lambda x: np.nanvar(x, axis=-1, ddof=1),
    "nanstd": lambda x: np.nanstd(x, axis=0),
    "nanmax": lambda x: np.nanmax(x, axis=-1),
    "nanmin": lambda x: np.nanmin(x, axis=0) + np.nanmax(x, axis=0),
    "a masked mean": lambda x: np.where(np.isnan(x), 0.0, x).sum(0) / (~np.isnan(x)).sum(0),
}
AT_EDGES = ("isfinite", "not finite", "isinf", "signs of infinities", "nan_to_num")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("target", ["numpy", "numpy-tuned", "c"])
@pytest.mark.parametrize("name", FORWARDS)
def test_value_and_gradient(name: str, target: str) -> None:
    forward, x = FORWARDS[name], EDGES if name in AT_EDGES else HOLES
    module = sd.derive(forward, x="b n").build(target)
    y, residuals = module.fwd(x)
    np.testing.assert_allclose(y, forward(x), rtol=1e-12)
    dy = np.linspace(0.5, 1.5, y.size).reshape(y.shape)
    (dx,) = module.bwd(residuals, dy)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = STEP
        apart = (forward(x + step) - forward(x - step)) / (2 * STEP)
        slope = np.sum(apart * dy) if np.isfinite(x[place]) else 0.0
        np.testing.assert_allclose(dx[place], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["nanmax", "nanmin", "nansum", "nanmean"])
def test_a_row_of_nothing_is_numpys(name: str) -> None:
    x = np.array([[NAN, NAN], [1.0, NAN]])
    found = sd.derive(lambda x: getattr(np, name)(x, axis=-1), x="b n").build()(x)
    np.testing.assert_array_equal(found, getattr(np, name)(x, axis=-1))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["nansum", "nanvar", "isnan"])
def test_second_order(name: str) -> None:
    first = sd.derive(lambda x: FORWARDS[name](x * x), x="b n")
    second = sd.derive(first.backward["x"])
    dy = np.ones(np.shape(FORWARDS[name](HOLES)))
    _, residuals = second.build().fwd(HOLES, dy)
    for gradient in second.build().bwd(residuals, np.ones(HOLES.shape)):
        if gradient.shape == HOLES.shape and name != "isnan":
            np.testing.assert_array_equal(gradient[np.isnan(HOLES)], 0.0)
