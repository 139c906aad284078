"""A sum that takes in some of the exponentials is no worse than it was written: the largest of all
exponentials may be far above all that it takes in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(3)

Array = Any


def running(x: Array) -> Array:
    return np.log(np.cumsum(np.exp(x)))


def at_risk(x: Array, time: Array) -> Array:
    return np.log(np.sum(np.where(time[None, :] >= time[:, None], np.exp(x), 0), axis=1))


def others(x: Array) -> Array:
    return np.log(np.sum(np.exp(x) * (1 - np.eye(x.shape[0])), axis=1))


CASES: dict[str, tuple[Any, dict[str, Any], tuple[Array, ...], Array, Array]] = {
    "running": (running, {"x": "n"}, (np.array([-100.0, 700.0]),), [-100, 700], [1, 1]),
    "at risk": (
        at_risk, {"x": "n", "time": "n"},
        (np.array([-100.0, 700.0]), np.array([2.0, 1.0])), [-100, 700], [1, 1],
    ),
    "others": (
        others, {"x": "n n"}, (np.array([[700.0, -50.0], [-60.0, 650.0]]),), [-50, -60],
        [[0, 1], [1, 0]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_lies_far_below_the_largest_is_not_lost(name: str) -> None:
    forward, dims, inputs, value, gradient = CASES[name]
    for target in ("numpy", "c"):
        module = sd.derive(forward, **dims).build(target)
        y, residuals = module.fwd(*inputs)
        np.testing.assert_allclose(y, value, rtol=1e-12)
        np.testing.assert_allclose(module.bwd(residuals, np.ones_like(y))[0], gradient, atol=1e-12)


def softmax_of_others(x: Array) -> Array:
    e = np.where(np.eye(x.shape[0]) == 1, 0, np.exp(x))
    return e / e.sum(axis=1, keepdims=True)


def test_a_mask_over_the_same_places_is_still_shifted() -> None:
    x = np.array([[0.0, 800.0, 801.0], [900.0, 0.0, 900.0], [1.0, 2.0, 3.0]])
    y = sd.derive(softmax_of_others, x="n n").build()(x)
    np.testing.assert_allclose(y.sum(axis=1), 1)
    np.testing.assert_allclose(y[1], [0.5, 0, 0.5])
