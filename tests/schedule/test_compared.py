"""What the backward compares has the forward's bits: no row of a maximum loses its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.schedule import schedule
from tests.emit.written import ALL

pytestmark = pytest.mark.thinned(4)

ROWS, COLUMNS = 200, 37  # an odd row: its last elements are computed by other instructions
STEP = 1e-7

Array = Any


def gated(x, w):
    return np.max(x * w / (1 + np.exp(-x)), axis=-1)


def least(x, w):
    return np.min(w * x * x * 0.3, axis=-1)


def spread(x, w):
    return np.ptp(x * np.tanh(w) * w, axis=-1)


def largest_size(x, w):
    return np.linalg.norm(x * w * 0.3, ord=np.inf, axis=-1)


def of_two(x, w):
    return np.max(np.maximum(x * w / 3, np.sin(x) * w * x), axis=-1)


def twice(x, w):
    v = x * w / 7
    return np.max(x * np.max(v, axis=-1, keepdims=True) / 3 + v * np.exp(w), axis=-1)


def chosen(x, w):
    v = x * w * 0.3 + x
    return np.sum(np.where(v == v.max(axis=-1, keepdims=True), v * x, 0.0), axis=-1)


def not_below(x, w):
    return np.sum(
        np.where(x * w * 0.3 >= np.max(x * w * 0.3, axis=-1, keepdims=True), w * x, 0.0), axis=-1
    )


def clipped(x, w):
    v = x * w * x
    top = np.max(v, axis=-1, keepdims=True)
    return np.max(np.clip(v, -top, top * 0.7), axis=-1)


FUNCTIONS = (gated, least, spread, largest_size, of_two, twice, chosen, not_below, clipped)
COMPILED = (gated, of_two, clipped)
CASES = [(f, t) for t in ("numpy", "numpy-tuned") for f in FUNCTIONS]
CASES += [(f, "c") for f in COMPILED]


def point() -> tuple[Array, Array, Array]:
    """x, w and a cotangent."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, ROWS, COLUMNS))
    return x, w, rng.uniform(0.5, 1.5, ROWS)


@pytest.mark.parametrize(("function", "target"), CASES)
def test_every_row_passes_its_cotangent_on(function: Callable[..., Array], target: str) -> None:
    kernel = sd.derive(function, x="b n", w="b n").build(target)
    x, w, dy = point()
    along = np.random.default_rng(1).normal(size=(2, ROWS, COLUMNS))
    ahead, behind = (function(x + h * along[0], w + h * along[1]) for h in (STEP, -STEP))
    dx, dw = kernel.bwd(kernel.fwd(x, w)[1], dy)
    found = np.sum(dx * along[0] + dw * along[1], axis=-1)
    np.testing.assert_allclose(found, dy * (ahead - behind) / (2 * STEP), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_so_it_does_in_less_precision(dtype: type, target: str) -> None:
    kernel = sd.derive(of_two, x="b n", w="n").build(target)
    x, w, dy = (a.astype(dtype) for a in point())
    found, wanted = (
        kernel.bwd(kernel.fwd(x.astype(t), w[0].astype(t))[1], dy.astype(t))[0]
        for t in (dtype, np.float64)
    )
    np.testing.assert_allclose(found, wanted, rtol=0, atol=50 * np.finfo(dtype).eps)


def test_the_gradient_of_a_gradient_has_them_too() -> None:
    first = sd.derive(gated, x="b n", w="b n")
    second = sd.derive(first.backward["x"])
    x, w, dy = point()
    dx = first.build().bwd(first.build().fwd(x, w)[1], dy)[0]
    again, residuals = second.build().fwd(x, w, dy)
    np.testing.assert_allclose(again, dx)
    ddy = second.build().bwd(residuals, np.ones_like(dx))[2]
    np.testing.assert_allclose(ddy * dy, dx.sum(axis=-1), atol=1e-12)


def test_what_is_exact_is_computed_again() -> None:
    """A difference is rounded once, the same way everywhere; a selection is not rounded at all."""
    d = sd.derive(lambda x, m: np.max(np.abs(x - m), axis=-1), x="b n", m="b 1")
    assert {t.name for t in d.schedule.residuals} == {"x", "m", "y"}
    assert [t.name for t in schedule(ALL["softmax"]()).residuals] == ["y"]
