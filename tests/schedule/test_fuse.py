"""Dims that share one real axis and are never told apart are one dim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import NotSupportedError


def _soft(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


TOGETHER: dict[str, tuple[Callable[..., Any], dict[str, str], list[tuple[int, ...]]]] = {
    "elementwise": (lambda x: np.exp(x) * x, {"x": "b (h d)"}, [(3, 6)]),
    "reduced": (_soft, {"x": "b (h d)"}, [(3, 6)]),
    "a mean over three": (
        lambda x: x - x.mean(axis=-1, keepdims=True), {"x": "b (h d e)"}, [(3, 7)]),
    "contracted": (lambda x, w: x @ w, {"x": "b (h d)", "w": "(h d) m"}, [(3, 5), (5, 2)]),
    "twice": (lambda x: x.T @ x, {"x": "b (h d)"}, [(3, 5)]),
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_nobody_need_know_the_lengths_of_dims_that_stay_together(name: str) -> None:
    function, domains, shapes = TOGETHER[name]
    kernel = sd.derive(function, **domains).build()
    random = np.random.default_rng(1)
    inputs = [random.normal(size=s) for s in shapes]
    y, residuals = kernel.fwd(*inputs)
    np.testing.assert_allclose(y, function(*inputs), rtol=1e-12)
    g = random.normal(size=y.shape)
    for place, gradient in enumerate(kernel.bwd(residuals, g)):
        step = random.normal(size=inputs[place].shape)
        sides = [
            [*inputs[:place], inputs[place] + h * step, *inputs[place + 1 :]] for h in (1e-6, -1e-6)
        ]
        slope = np.sum(g * (function(*sides[0]) - function(*sides[1]))) / 2e-6
        np.testing.assert_allclose(np.sum(gradient * step), slope, rtol=1e-6)


def test_dims_that_another_input_tells_stay_apart() -> None:
    kernel = sd.derive(lambda x, w: x.reshape(x.shape[0], *w.shape) * w,
                       x="b (h d)", w="h d").build()  # fmt: skip
    x, w = np.arange(12.0).reshape(2, 6), np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(kernel(x, w), x.reshape(2, 2, 3) * w)


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: np.cumsum(x, axis=-1),
        lambda x: x[:, 0] + x[:, -1],
        lambda x: x[:, 0] * x.sum(-1),
        lambda x: x[:, ::-1],
    ],
)
def test_dims_that_are_told_apart_are_an_error_that_names_them(
    forward: Callable[[Any], Any],
) -> None:
    with pytest.raises(NotSupportedError, match="lengths of h and d"):
        sd.derive(forward, x="b (h d)").build()
