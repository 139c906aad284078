"""Exponentials that are summed over parts of an axis, and shares that are multiplied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(3)

Array = Any
ROW = np.array([[60.0, 50.0, -50.0, -51.0]])


def halves(x: Array) -> Array:
    return np.log(np.exp(x[:, :2]).sum(1)) - np.log(np.exp(x[:, 2:]).sum(1))


def one_after_the_other(x: Array) -> Array:
    first = x[:, 0] - np.log(np.exp(x).sum(-1))
    return first + x[:, 1] - np.log(np.exp(x[:, 1:]).sum(-1))


def named_halves(x: Array) -> Array:
    e = np.exp(x)
    return np.log(e[:, :2].sum(1)) - np.log(e[:, 2:].sum(1))


def one_after_the_other_by_name(x: Array) -> Array:
    e = np.exp(x)
    return sum(x[:, i] - np.log(e[:, i:].sum(1)) for i in range(3))


def two_softmaxes(x: Array) -> Array:
    left, right = np.exp(x[:, :2]), np.exp(x[:, 2:])
    return left / left.sum(1, keepdims=True) + right / right.sum(1, keepdims=True)


def share(x: Array) -> Array:
    return np.exp(x[:, 1:]) / np.exp(x).sum(1, keepdims=True)


def portion(x: Array) -> Array:
    return np.exp(x[:, 1:]).sum(1) / np.exp(x).sum(1)


def both(x: Array) -> Array:
    whole = np.exp(x).sum(1)
    return np.log(whole) + np.exp(x[:, 1:]).sum(1) / whole


def dual(x: Array) -> Array:
    e = np.exp(x)
    return (e / e.sum(0)) * (e / e.sum(1, keepdims=True))


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(
    ("forward", "inputs"),
    [
        *((f, (ROW, ROW - 100)) for f in (halves, one_after_the_other)),
        *((f, (ROW, ROW - 100)) for f in (named_halves, one_after_the_other_by_name)),
        *((f, (ROW, ROW + 100)) for f in (two_softmaxes, share, portion, both)),
        (dual, ([[50.0, 1], [2, 49]], [[-60.0, -61], [-62, -59]], [[90.0, 80], [85, 95]])),
        (dual, ([[40.0, -50, -51], [-50, -52, -50], [-51, -53, -50]],)),
    ],
)
def test_float32_holds_what_float64_says(
    forward: Callable[..., Array], inputs: tuple[Any, ...], target: str
) -> None:
    domain = "n m" if forward is dual else "b 4"
    module = sd.derive(forward, x=domain).build(target)
    for x in map(np.array, inputs):
        results = []
        for dtype in (np.float32, np.float64):
            y, residuals = module.fwd(x.astype(dtype))
            results.append(
                (
                    y,
                    *module.bwd(
                        residuals, np.linspace(0.5, 1.5, y.size, dtype=dtype).reshape(y.shape)
                    ),
                )
            )
        np.testing.assert_allclose(results[1][0], forward(x), rtol=1e-9, atol=1e-300)
        for got, wanted in zip(*results, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-6)


def test_quotients_are_multiplied_as_they_are_written() -> None:
    def forward(a: Array, b: Array) -> Array:
        return (a / a.sum(-1, keepdims=True)) * (b / b.sum(-1, keepdims=True))

    module = sd.derive(forward, a=sd.positive("b n"), b=sd.positive("b n")).build()
    a = np.array([[1e25, 2e25]], np.float32)
    y, residuals = module.fwd(a, a)
    np.testing.assert_allclose(y, [[1 / 9, 4 / 9]], rtol=1e-6)
    assert all(np.isfinite(g).all() for g in module.bwd(residuals, np.ones_like(y)))


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_quotient_is_divided_before_it_is_weighted(target: str) -> None:
    module = sd.derive(lambda x, s, w: x / s[:, None] * w, x="b n", s="b", w="n").build(target)
    x, s, w = np.full((1, 2), 1e30, np.float32), np.float32([1e30]), np.float32([2e30, 3])
    np.testing.assert_allclose(module(x, s, w), [[2e30, 3]], rtol=1e-6)


def test_a_quotient_with_a_weight_is_saved_as_the_quotient() -> None:
    def in_one_line(x: Array, g: Array) -> Array:
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * g

    def with_a_name(x: Array, g: Array) -> Array:
        w = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        return w * g

    one, other = (sd.derive(f, x="b n", g="n") for f in (in_one_line, with_a_name))
    closed = [[str(a) for a in d.derived.backward.assignments] for d in (one, other)]
    assert closed[0] == closed[1]
