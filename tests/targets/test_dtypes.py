"""The output has the result type of the inputs, and each gradient the dtype of its own input."""

from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(4)

HALF, SINGLE, DOUBLE = np.float16, np.float32, np.float64
DTYPES = (HALF, ml_dtypes.bfloat16, SINGLE, DOUBLE)
TARGETS = ("numpy", "numpy-tuned", "c")
PAIRS = [p for p in product(DTYPES, repeat=2) if set(p) != set(DTYPES[:2])]  # NumPy has none there
LENGTHS = {"b": 3, "n": 4, "m": 5}


def scaled(x, s):  # type: ignore[no-untyped-def]
    return x * s


def shifted(x, s):  # type: ignore[no-untyped-def]
    return x + s


def gain(x, s):  # type: ignore[no-untyped-def]
    c = x - x.mean(-1, keepdims=True)
    return c / np.sqrt((c * c).mean(-1, keepdims=True) + 1e-5) * s


def tempered(x, s):  # type: ignore[no-untyped-def]
    e = np.exp(x * s)
    return e / e.sum(-1, keepdims=True)


def squashed(x, s):  # type: ignore[no-untyped-def]
    return np.tanh(x @ s).sum(-1)


def larger(x, s):  # type: ignore[no-untyped-def]
    return np.maximum(x, s)


def flat(x, s):  # type: ignore[no-untyped-def]
    return np.arctan(x.reshape(-1) * s)


def far(x, s):  # type: ignore[no-untyped-def]
    return np.log(np.sum((x - s) ** 2))


OPERATORS: dict[Callable[..., Any], tuple[str, str]] = {
    scaled: ("b n", "b n"), shifted: ("b n", "n"), gain: ("b n", "n"), tempered: ("b n", ""),
    squashed: ("b n", "n m"), larger: ("... n", "n"), flat: ("b n", ""), far: ("b n", "b n"),
}  # fmt: skip


@cache
def built(forward: Callable[..., Any], x: str, s: str, target: str) -> Any:
    return sd.derive(forward, x=x, s=s).build(target)


def drawn(dims: str, dtype: Any, seed: int = 0) -> np.ndarray:
    shape = [LENGTHS.get(d, 2) for d in dims.split()]
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def results(kernel: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    y, residuals = kernel.fwd(*inputs)
    cotangent = np.cos(np.arange(np.size(y), dtype=float)).reshape(np.shape(y))
    return (y, kernel(*inputs), *kernel.bwd(residuals, np.asarray(cotangent, y.dtype)))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("forward", OPERATORS, ids=lambda f: f.__name__)
def test_any_two_dtypes(forward, target):  # type: ignore[no-untyped-def]
    kernel = built(forward, *OPERATORS[forward], target)
    for pair in PAIRS:
        inputs = tuple(map(drawn, OPERATORS[forward], pair, (0, 1)))
        wide = np.result_type(*inputs)
        found = results(kernel, inputs)
        assert [a.dtype for a in found] == [wide, wide, *pair], pair
        computed = [a.astype(DOUBLE) for a in inputs]
        for got, want in zip(found, results(kernel, tuple(computed)), strict=True):
            eps = float(max(ml_dtypes.finfo(t).eps for t in (got.dtype, wide)))
            assert np.allclose(np.asarray(got, DOUBLE), want, 20 * eps, 20 * eps), pair


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dims", [("b n", ""), ("...", "..."), ("", "")])
@pytest.mark.parametrize("forward", [scaled, shifted])
def test_numbers_of_python_have_no_dtype_and_arrays_without_axes_have(forward, dims, target):  # type: ignore[no-untyped-def]
    kernel = built(forward, *dims, target)
    for dtype in DTYPES:
        x = drawn("b n" if dims[0] == "b n" else "", dtype)
        for weak in (2.5, 3):
            assert [a.dtype for a in results(kernel, (x, weak))] == [dtype] * 4, dtype
            if not x.ndim:
                assert [a.dtype for a in results(kernel, (weak, x))] == [dtype] * 4, dtype
        for other in (o for d, o in PAIRS if d == dtype):
            for s in (np.array(2.5, other), other(2.5)):
                wide = np.result_type(x, s)
                found = [a.dtype for a in results(kernel, (x, s))]
                assert found == [wide, wide, dtype, other], (dtype, other)


@pytest.mark.parametrize("target", TARGETS)
def test_integers_become_float64_whatever_they_meet(target):  # type: ignore[no-untyped-def]
    kernel = built(scaled, "b n", "b n", target)
    x = drawn("b n", SINGLE)
    for whole in (np.int8, np.int64, np.bool_):
        found = results(kernel, (x, np.ones(x.shape, whole)))
        assert [a.dtype for a in found] == [DOUBLE, DOUBLE, SINGLE, DOUBLE]


@pytest.mark.parametrize("target", TARGETS)
def test_a_half_precision_loss_takes_a_cotangent_of_any_dtype(target):  # type: ignore[no-untyped-def]
    def loss(x):  # type: ignore[no-untyped-def]
        return np.log(np.exp(x).sum())

    kernel = sd.derive(loss, x="n").build(target)
    for dtype, cotangent in product(DTYPES, (1.0, HALF(1), SINGLE(1), DOUBLE(1))):
        _, residuals = kernel.fwd(drawn("n", dtype))
        assert kernel.bwd(residuals, cotangent)[0].dtype == dtype


@pytest.mark.parametrize("target", ["numpy-tuned", "c"])
def test_arrays_for_the_results_have_the_dtypes_of_the_results(target):  # type: ignore[no-untyped-def]
    kernel = built(scaled, "b n", "b n", target)
    x, s = drawn("b n", SINGLE), drawn("b n", DOUBLE)
    y, dx, ds = np.empty_like(s), np.empty_like(x), np.empty_like(s)
    made, residuals = kernel.fwd(x, s, out=y)
    gradients = kernel.bwd(residuals, s, out=(dx, ds))
    assert made is y and all(a is b for a, b in zip(gradients, (dx, ds), strict=True))
    assert np.array_equal(y, x * s) and np.array_equal(ds, x * s)
    assert np.array_equal(dx, (s * s).astype(SINGLE))
