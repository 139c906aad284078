"""Constant arrays by their rule: the same numbers, and one line whatever the size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.frontends.array import number_axes
from symderive.frontends.context import Context, constant_dim, tracing
from symderive.frontends.patterns import rule_of
from symderive.index import nodes
from symderive.index.nodes import Num
from symderive.index.walk import substitute

pytestmark = pytest.mark.thinned(2)

Array = Any
RANGE = np.arange(4)
RULED = {
    "identity": np.eye(4),
    "all but the diagonal": 1 - np.eye(4),
    "beside the diagonal": np.eye(3, 5, 1) * 7,
    "lower triangle": np.tril(np.ones((4, 4))),
    "strict upper triangle": np.triu(np.full((3, 4), 2.5), 1),
    "differences": RANGE[:, None] - RANGE,
    "range": np.arange(5) * 0.5 - 1,
    "columns": np.tile(np.array([[1], [5], [9]]), (1, 4)),
    "one number": np.full((3, 4), 0.25),
    "three axes": np.tile(np.eye(3), (4, 1, 1)),
}


@pytest.mark.parametrize("name", RULED)
def test_a_rule_gives_the_numbers(name: str) -> None:
    array = RULED[name]
    with tracing(Context()):
        axes = number_axes([(constant_dim(n),) for n in array.shape])
        found = rule_of(array, axes)
    assert found is not None
    for place in np.ndindex(array.shape):
        at = {axis[0]: nodes.num(p) for axis, p in zip(axes, place, strict=True)}
        value = substitute(found, at)
        assert isinstance(value, Num) and float(value.value) == array[place]


@pytest.mark.parametrize(
    "array",
    [np.array([0.3, 0.7]), np.array([3, 1, 2]), np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0]])],
)
def test_no_rule_is_made_up(array: Array) -> None:
    with tracing(Context()):
        axes = number_axes([(constant_dim(n),) for n in array.shape])
        assert rule_of(array, axes) is None


def contrastive(x: Array) -> Array:
    s = x @ x.T
    return np.log((np.exp(s) * (1 - np.eye(len(x)))).sum(1))


def test_a_mask_costs_no_lines() -> None:
    sources = [sd.derive(contrastive, x=f"{n} d").source("numpy") for n in (4, 12)]
    assert sources[0].count("\n") == sources[1].count("\n") < 100


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_what_a_mask_leaves_out_does_not_come_back(target: str) -> None:
    x = 2 * np.random.default_rng(0).standard_normal((6, 5))
    for domain in ("n d", "6 d"):
        module = sd.derive(contrastive, x=domain).build(target)
        found = {}
        for dtype in (np.float32, np.float64):
            y, residuals = module.fwd(x.astype(dtype))
            (found[dtype],) = module.bwd(residuals, np.ones_like(y))
        largest = np.abs(found[np.float64]).max()
        np.testing.assert_allclose(found[np.float32], found[np.float64], atol=1e-6 * largest)


def test_powers_by_a_difference_of_places() -> None:
    def scan(x: Array, g: Array) -> Array:
        i = np.arange(4)
        return np.where(i[:, None] >= i, g ** (i[:, None] - i), 0.0) @ x

    module = sd.derive(scan, x="b 4 d", g=sd.positive("")).build()
    x, g = np.random.default_rng(0).standard_normal((2, 4, 3)), np.array(0.7)
    y, residuals = module.fwd(x, g)
    np.testing.assert_allclose(y, scan(x, g))
    _, dg = module.bwd(residuals, np.ones_like(y))
    assert dg == pytest.approx((scan(x, g + 1e-6) - scan(x, g - 1e-6)).sum() / 2e-6, rel=1e-6)


def test_a_table_is_looked_up_by_labels() -> None:
    table = np.array([1.0, 2.0, 0.5, 3.0])

    def weighted(x: Array, y: Array) -> Array:
        return np.take(table, y) * x[np.arange(len(y)), y]

    def chosen(x: Array, y: Array) -> Array:
        return (np.eye(4)[y] * x).sum(-1)

    x, y = np.random.default_rng(0).standard_normal((3, 4)), np.array([0, 3, 2])
    for forward in (weighted, chosen):
        module = sd.derive(forward, x="b 4", y=sd.integers("b", below=4)).build()
        np.testing.assert_allclose(module(x, y), forward(x, y))
