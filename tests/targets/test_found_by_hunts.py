"""Defects that were found with operators nobody had thought of, in the code of both targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.operators.unseen import UNSEEN

pytestmark = pytest.mark.thinned(6)

Array = Any
CASES = ("norm_clip", "lorentz", "dirichlet_variance", "maxout", "band", "zero_inflated")


def module(name: str, target: str) -> Any:
    case = UNSEEN[name]
    return sd.derive(case.forward, **case.domains).build(target)


def inputs(name: str, dtype: Any) -> list[Array]:
    lengths = {"b": 3, "n": 5, "m": 4, "d": 2}
    rng = np.random.default_rng(3)
    shapes = (spec.split() for spec in UNSEEN[name].domains.values())
    return [rng.standard_normal([lengths[d] for d in dims]).astype(dtype) for dims in shapes]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_c_gives_what_numpy_gives_in_the_same_dtype(name: str, dtype: Any) -> None:
    given = inputs(name, dtype)
    (y, kept), (value, saved) = (module(name, t).fwd(*given) for t in ("numpy", "c"))
    dy = np.ones_like(y)
    pairs = zip(module(name, "numpy").bwd(kept, dy), module(name, "c").bwd(saved, dy), strict=True)
    near = {"rtol": 20 * np.finfo(dtype).eps, "atol": 20 * np.finfo(dtype).eps}
    np.testing.assert_allclose(value, y, **near)
    for found, wanted in pairs:
        assert np.asarray(found).dtype == np.asarray(wanted).dtype == dtype
        np.testing.assert_allclose(found, wanted, **near)


@pytest.mark.parametrize("target", ["numpy", "c", "numpy-tuned"])
def test_half_precision_finds_the_largest_of_computed_values(target: str) -> None:
    def largest(x: Array, w: Array) -> Array:
        return (x * w).max(-1)

    code = sd.derive(largest, x="b n", w="n").build(target)
    x = np.array([[0.1, 0.7, 0.3], [0.2, 0.5, 0.9]], np.float16)
    w = np.array([1.1, 0.7, 0.3], np.float16)
    y, residuals = code.fwd(x, w)
    assert y.dtype == np.float16
    dx, dw = code.bwd(residuals, np.ones(2, np.float16))
    assert dx.dtype == dw.dtype == np.float16
    np.testing.assert_array_equal(dx, [[0, w[1], 0], [0, w[1], 0]])
    np.testing.assert_allclose(dw, [0, 1.2, 0], rtol=1e-3)


def test_what_is_compared_with_inputs_alone_is_saved_as_it_is_handed_out() -> None:
    code = sd.derive(lambda x: x.max(-1), x="b n").build()
    _, residuals = code.fwd(np.ones((2, 3), np.float16))
    assert {r.dtype for r in residuals} == {np.dtype(np.float16)}


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_small_share_is_not_what_is_left_of_a_large_one(target: str) -> None:
    code = sd.derive(lambda x, y: np.logaddexp(x, y[:, None]), x="b n", y="b").build(target)
    x = np.array([[0, 0.5, 1]], np.float32)
    for y in (-16.0, -20.0, -40.0):
        _, residuals = code.fwd(x, np.array([y], np.float32))
        _, dy = code.bwd(residuals, np.ones((1, 3), np.float32))
        true = (1 / (1 + np.exp(x.astype(float) - y))).sum()
        np.testing.assert_allclose(dy, [true], rtol=1e-5)


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_the_shift_of_an_empty_axis_is_zero(target: str) -> None:
    def chained(la: Array, lt: Array) -> Array:
        return np.log(np.exp(la[:, :, None] + lt[None]).sum(1))

    code = sd.derive(chained, la="b n", lt="n m").build(target)
    with np.errstate(divide="ignore"):
        y, residuals = code.fwd(np.zeros((2, 0)), np.zeros((0, 3)))
    np.testing.assert_array_equal(y, np.full((2, 3), -np.inf))
    assert [g.shape for g in code.bwd(residuals, np.ones((2, 3)))] == [(2, 0), (0, 3)]


def test_an_argument_may_be_called_as_what_the_module_defines() -> None:
    def scaled(x: Array, block: Array) -> Array:
        return np.exp(x) / block

    code = sd.derive(scaled, x="b n", block="n").build("numpy-tuned")
    code.module.LARGE, code.module.BLOCK = 1, 48
    x, block = np.random.default_rng(0).random((30, 4)), np.arange(1.0, 5)
    y, residuals = code.fwd(x, block)
    np.testing.assert_allclose(y, scaled(x, block), rtol=1e-12)
    _, d_block = code.bwd(residuals, np.ones_like(y))
    np.testing.assert_allclose(d_block, -(np.exp(x) / block**2).sum(0), rtol=1e-12)
