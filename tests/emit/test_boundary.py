"""What generated functions accept and refuse before any work, and in which dtype they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.emit import Kernel

RANDOM = np.random.default_rng(5)
NAMES = ["softmax", "layer_norm", "logsumexp", "cross_entropy", "attention", "silu", "group_norm"]


def _lengths(kernel_name: str) -> tuple[Kernel, list[Any]]:
    derivation = sd.derive(kernel_name)
    inputs: list[Any] = []
    for argument in derivation.program.arguments:
        shape = [3 for axis in argument.layout]
        labels = argument.tensor.domain.is_label
        inputs.append(RANDOM.integers(0, 3, shape) if labels else RANDOM.uniform(0.2, 0.9, shape))
    return derivation.build(), inputs


KERNELS = {name: _lengths(name) for name in NAMES}


def _as(dtype: Any, arrays: list[Any]) -> list[Any]:
    return [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_what_goes_in_comes_out_in_the_same_dtype(name: str, dtype: str) -> None:
    if dtype == "bfloat16":
        import ml_dtypes

        dtype = ml_dtypes.bfloat16
    kernel, inputs = KERNELS[name]
    y, residuals = kernel.fwd(*_as(dtype, inputs))
    g = np.ones(np.shape(y), dtype)
    assert {np.asarray(a).dtype for a in (y, *kernel.bwd(residuals, g))} == {np.dtype(dtype)}


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned", "c"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_a_constant_has_the_dtype_of_the_inputs(dtype: str, target: str) -> None:
    def unused(x: Any, a: Any) -> Any:
        return np.mean(x)

    kernel = sd.derive(unused, x="n", a="").build(target)
    y, residuals = kernel.fwd(*_as(dtype, [np.ones(3), np.ones(())]))
    dx, da = kernel.bwd(residuals, np.ones_like(y))
    assert {np.asarray(a).dtype for a in (y, dx, da)} == {np.dtype(dtype)}
    assert np.shape(da) == () and da == 0


def test_long_rows_of_half_precision_do_not_overflow() -> None:
    kernel, _ = KERNELS["softmax"]
    y, residuals = kernel.fwd(np.zeros((1, 70_000), np.float16))
    np.testing.assert_allclose(y, 1 / 70_000, rtol=0.01)
    assert np.isfinite(kernel.bwd(residuals, np.ones_like(y))[0]).all()
    kernel, _ = KERNELS["layer_norm"]
    y, residuals = kernel.fwd(np.linspace(-6e4, 6e4, 1000, dtype=np.float16))
    assert np.isfinite(y).all()
    assert np.isfinite(kernel.bwd(residuals, np.ones_like(y))[0]).all()


@pytest.mark.parametrize("dtype", [int, bool, np.uint8])
def test_integers_become_float64(dtype: type) -> None:
    kernel, _ = KERNELS["softmax"]
    x = np.array([[1, 0, 1]], dtype)
    y, residuals = kernel.fwd(x)
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, kernel(x.astype(float)))
    assert kernel.bwd(residuals, [[1, 2, 3]])[0].dtype == np.float64


@pytest.mark.parametrize("bad", [np.ones(3) + 1j, np.array(["a"] * 3), np.array([None] * 3)])
def test_what_holds_no_real_numbers_is_refused_by_name(bad: Any) -> None:
    kernel, _ = KERNELS["softmax"]
    with pytest.raises(TypeError, match="x must hold real numbers"):
        kernel(bad)
    _, residuals = kernel.fwd(np.ones(3))
    with pytest.raises(TypeError, match="dy must hold real numbers"):
        kernel.bwd(residuals, bad)


@pytest.mark.parametrize("name", NAMES)
def test_a_cotangent_of_another_shape_is_refused(name: str) -> None:
    kernel, inputs = KERNELS[name]
    y, residuals = kernel.fwd(*inputs)
    with pytest.raises(ValueError, match=rf"{name}_bwd takes dy \(.*, not"):
        kernel.bwd(residuals, np.ones((*np.shape(y), 2)))


@pytest.mark.parametrize("name", ["softmax", "layer_norm", "silu", "attention"])
@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_a_cotangent_of_another_dtype_does_not_change_that_of_the_gradient(
    name: str, dtype: Any
) -> None:
    kernel, inputs = KERNELS[name]
    y, residuals = kernel.fwd(*_as("f4", inputs))
    assert {g.dtype for g in kernel.bwd(residuals, np.ones_like(y, dtype))} == {np.dtype("f4")}


def test_dims_of_one_name_must_agree() -> None:
    kernel, (q, k, v) = KERNELS["attention"]
    with pytest.raises(ValueError, match=r"attention takes q \(m, d\), k \(n, d\), v \(n, e\), no"):
        kernel(q, np.ones((3, 4)), v)
    with pytest.raises(ValueError, match="attention takes"):
        kernel(q, k, np.ones((4, 3)))


@pytest.mark.parametrize("bad", [-1, 3])
def test_labels_out_of_range_are_refused(bad: int) -> None:
    kernel, (x, t) = KERNELS["cross_entropy"]
    with pytest.raises(ValueError, match=r"labels t \(b\) from 0 to below 3"):
        kernel(x, np.array([0, bad, 1]))
    with pytest.raises(TypeError, match="t must hold integer labels"):
        kernel(x, t.astype(float))


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 0), (0,)])
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "layer_norm", "silu"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_empty_axes_give_gradients_of_the_shape_of_the_input(
    name: str, shape: tuple[int, ...]
) -> None:
    kernel, _ = KERNELS[name]
    y, residuals = kernel.fwd(np.ones(shape))
    assert kernel.bwd(residuals, np.ones_like(y))[0].shape == shape


def test_a_maximum_that_the_author_wrote_has_no_value_over_nothing() -> None:
    kernel = sd.derive(lambda x: np.max(x, axis=-1), x="b n").build()
    with pytest.raises(ValueError, match="zero-size"):
        kernel(np.ones((2, 0)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_row_that_is_not_finite_leaves_the_others_alone() -> None:
    kernel, _ = KERNELS["softmax"]
    x = np.array([[1.0, 2], [-np.inf, -np.inf], [np.inf, 0], [-np.inf, 3], [np.nan, 1]])
    y = kernel(x)
    np.testing.assert_allclose(y[0], [0.26894142, 0.73105858])
    assert np.isnan(y[1]).all()
    assert np.isnan(y[2, 0]) and y[2, 1] == 0
    assert y[3].tolist() == [0, 1]
    assert np.isnan(y[4]).all()


REGRESSIONS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "a mean over one dim twice": (
        lambda z: z / np.sqrt(np.sum(z**2, axis=-2, keepdims=True) + 0.1)
        + np.sum(np.mean(z, axis=1, keepdims=True)), {"z": sd.positive("n n")}),
    "maximum of slices": (
        lambda x: np.maximum(x[:, 1:], x[:, :-1]).sum(axis=1), {"x": "b n"}),
    "rows and places by one label": (
        lambda x, t: x[t][np.arange(len(t)), t], {"x": "n n", "t": sd.integers("b", below="n")}),
    "an axis of length one before a merged one": (
        lambda x: np.expand_dims(np.concatenate([x, x], axis=0), 0), {"x": "b"}),
    "a slice of a name": (
        lambda x: (x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True) + 0.1))[:2], {"x": "m"}),
    "labels with batch dims": (
        lambda x, t: np.take_along_axis(x, t[..., None], axis=-1)[..., 0] ** 2,
        {"x": "... n", "t": sd.integers("...", below="n")}),
}  # fmt: skip


@pytest.mark.parametrize("name", REGRESSIONS)
def test_found_by_random_programs(name: str) -> None:
    function, domains = REGRESSIONS[name]
    derivation = sd.derive(function, **domains)
    inputs = []
    for argument in derivation.program.arguments:
        shape = [4] * len(argument.layout)
        labels = argument.tensor.domain.is_label
        inputs.append(RANDOM.integers(0, 4, shape) if labels else RANDOM.uniform(0.2, 0.9, shape))
    kernel = derivation.build()
    y, residuals = kernel.fwd(*inputs)
    np.testing.assert_allclose(y, function(*inputs), rtol=1e-12)
    g = RANDOM.uniform(0.5, 1.5, np.shape(y))
    gradients = iter(kernel.bwd(residuals, g))
    for place, x in enumerate(inputs):
        if x.dtype.kind != "f":
            continue
        step = RANDOM.normal(size=x.shape)
        sides = [[*inputs[:place], x + h * step, *inputs[place + 1 :]] for h in (1e-6, -1e-6)]
        slope = np.sum(g * (function(*sides[0]) - function(*sides[1]))) / 2e-6
        np.testing.assert_allclose(np.sum(next(gradients) * step), slope, rtol=1e-6, atol=1e-8)
