"""What differs from place to place of a short axis is written place by place, and stacked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


def turned_in_place(x: Array, c: Array, s: Array) -> Array:
    a, b = x[..., ::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., ::2], turned[..., 1::2] = a * c - b * s, a * s + b * c
    return turned


def turned_and_stacked(x: Array, c: Array, s: Array) -> Array:
    a, b = x[..., ::2], x[..., 1::2]
    return np.stack([a * c - b * s, a * s + b * c], axis=-1).reshape(x.shape)


@pytest.mark.parametrize("forward", [turned_in_place, turned_and_stacked])
def test_neighbours_are_turned_by_whole_arrays(forward: Callable[..., Array]) -> None:
    derivation = sd.derive(forward, x="b t (h 2)", c="t h", s="t h")
    source = derivation.source("numpy")
    assert source.count("np.stack(") == 2 and "np.where" not in source
    random = np.random.default_rng(0)
    x, c, s = (random.standard_normal(shape) for shape in ((2, 4, 6), (4, 3), (4, 3)))
    module = derivation.build()
    y, residuals = module.fwd(x, c, s)
    np.testing.assert_array_equal(y, forward(x, c, s))
    cotangent = random.standard_normal(y.shape)
    dx, dc, ds = module.bwd(residuals, cotangent)
    np.testing.assert_allclose(dx, forward(cotangent, c, -s))  # its transpose turns back
    zero = np.zeros_like(c)
    for found, along in ((dc, (np.ones_like(c), zero)), (ds, (zero, np.ones_like(c)))):
        whole = (cotangent * forward(x, *along)).sum(axis=0)
        np.testing.assert_allclose(found, whole[:, ::2] + whole[:, 1::2])
