"""What is left out, NaN included, is left out of the gradient: a guard stays with every factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any
X = np.array([[1.0, np.nan, 2.0, 4.0], [0.5, 1.0, np.nan, np.nan], [0.3, 0.2, 0.1, 0.7]])
M = ~np.isnan(X)
STEP = 1e-6


def cubes(x: Array, m: Array) -> Array:
    c = np.sum(np.where(m, x, 0), axis=1, keepdims=True) / np.sum(m, axis=1, keepdims=True)
    d = np.where(m, x - c, 0)
    return np.sum(d**3 * np.where(m, x, 1), axis=1) / np.sum(d**2, axis=1)


def by_numbers(x: Array, m: Array) -> Array:
    there = m.astype(float)
    z = np.where(there > 0, x, 0.0)
    mu = (z * there).sum(1) / there.sum(1)
    return np.sum(np.where(there > 0, (x - mu[:, None]) ** 2 * x, 0), axis=1) / mu


def softmax_of_present(x: Array, m: Array) -> Array:
    e = np.exp(np.where(m, x, -np.inf))
    return np.sum(np.where(m, e / e.sum(1, keepdims=True) * x**2, 0), axis=1)


def reciprocals(x: Array, m: Array) -> Array:
    w = np.where(m, 1 / np.where(m, x, 1), 0)
    return np.sum(np.where(m, w * x**2, 0)) * np.var(x, where=m)


MASKED = {
    "cubes": cubes,
    "by numbers": by_numbers,
    "softmax": softmax_of_present,
    "reciprocals": reciprocals,
    "moments": lambda x, m: np.mean(x**2, where=m) * np.mean(x, axis=1, where=m),
    "variances": lambda x, m: np.var(x, axis=1, where=m) / np.std(x, where=m),
}
MISSING = {
    "scores": lambda x: np.nansum((x - np.nanmean(x)) / np.nanstd(x) * x),
    "scores of rows": lambda x: np.nansum(
        (x - np.nanmean(x, 1, keepdims=True)) / np.nanstd(x, 1, keepdims=True) * x**2, 1
    ),
    "skewness": lambda x: np.nanmean((x - np.nanmean(x)) ** 3) / np.nanstd(x) ** 3,
    "extremes": lambda x: np.nanmin(x, axis=1) * np.nanmax(x, axis=1),
    "logs": lambda x: np.nansum(np.log(x) * np.nanstd(x, axis=1, keepdims=True), axis=0),
    "product": lambda x: np.nanprod(x, axis=1) / np.nanmean(x),
    "weights": lambda x: np.nansum(np.exp(x - np.nanmax(x, axis=1, keepdims=True)) * x, axis=1),
    **{f"asked: {n}": lambda x, f=f: f(x, ~np.isnan(x)) for n, f in MASKED.items()},
    "asked whether finite": lambda x: by_numbers(x, np.isfinite(x)),
}


def assert_gradient(forward: Callable[..., Array], target: str, *masks: Array) -> None:
    domains = {"m": sd.boolean("b n")} if masks else {}
    kernel = sd.derive(forward, x="b n", **domains).build(target)
    y, residuals = kernel.fwd(X, *masks)
    np.testing.assert_allclose(y, forward(X, *masks), rtol=1e-12)
    g = np.cos(np.arange(np.size(y))).reshape(np.shape(y))
    gradients = kernel.bwd(residuals, g)
    found = gradients[0] if isinstance(gradients, tuple) else gradients
    for place in np.ndindex(X.shape):
        step = np.zeros_like(X)
        step[place] = STEP
        apart = forward(X + step, *masks) - forward(X - step, *masks)
        slope = np.sum(g * apart) / (2 * STEP)
        np.testing.assert_allclose(found[place], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", MASKED)
def test_by_a_mask(name: str) -> None:
    assert_gradient(MASKED[name], "numpy", M)


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_a_number(name: str) -> None:
    assert_gradient(MISSING[name], "numpy")


@pytest.mark.parametrize("target", ["numpy-tuned", "c"])
def test_on_every_target(target: str) -> None:
    assert_gradient(MASKED["cubes"], target, M)
    assert_gradient(MISSING["scores of rows"], target)
