"""The functions that a generated module may carry, because NumPy lacks them."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import symderive as sd
from symderive.emit import rendered

NAMES = ("_sigmoid", "_erf_parts", "_erf", "_erfc", "_erfcx", "_log_ndtr", "_log1mexp")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "tuned"])
def helpers(request: Any) -> dict[str, Any]:
    space: dict[str, Any] = {"np": np}
    for name in NAMES:
        exec(rendered(f"numpy/{name}.py.j2", {"blocks": request.param}), space)
    return space


def _ulps(found: Any, exact: list[Any]) -> float:
    return max(
        float(abs((mpmath.mpf(float(f)) - e) / e)) / 2.0**-52
        for f, e in zip(found, exact, strict=True)
    )


@pytest.mark.parametrize("name", ["_erf", "_erfc"])
def test_the_error_function_is_right_to_a_few_ulp(helpers: dict[str, Any], name: str) -> None:
    points = np.concatenate(
        [np.linspace(-6, 6, 120), np.linspace(0.46, 0.48, 9), [1e-300, 8, 20, 26]]
    )
    with mpmath.workdps(40):
        exact = [getattr(mpmath, name[1:])(mpmath.mpf(float(v))) for v in points]
        assert _ulps(helpers[name](points), exact) < 6


EXACT: dict[str, tuple[Any, list[float]]] = {
    "_erfcx": (
        lambda v: mpmath.exp(v * v) * mpmath.erfc(v),
        [-26, -3.3, -1, -1e-9, 0, 1e-300, 0.3, 5, 20, 26.9, 27.1, 40, 700, 1e5],
    ),
    "_log_ndtr": (
        lambda v: mpmath.log(mpmath.erfc(-v / mpmath.sqrt(2)) / 2),
        [-1e5, -800, -40, -9.3, -1.01, -0.99, -0.5, 0, 1e-9, 0.5, 2, 8, 20, 37],
    ),
    "_log1mexp": (
        lambda v: mpmath.log(-mpmath.expm1(v)),
        [-1e-30, -1e-9, -0.1, -0.69, -0.7, -0.71, -1, -8, -30, -50, -700],
    ),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_guarded_functions_lose_nothing_in_either_range(
    helpers: dict[str, Any], name: str, dtype: Any
) -> None:
    exact, points = EXACT[name]
    x = np.array([p for p in points if dtype is np.float64 or 1e-30 < abs(p) < 80], dtype)
    x = x[(x < 9) | (name != "_log_ndtr") | (dtype is np.float64)]  # below the least float32
    x = x[(x > -9) | (name != "_erfcx") | (dtype is np.float64)]  # beyond the largest
    with mpmath.workdps(400):
        true = [exact(mpmath.mpf(float(v))) for v in x]
        off = [
            abs(mpmath.mpf(float(f)) / t - 1) for f, t in zip(helpers[name](x), true, strict=True)
        ]
    condition = 1 + np.maximum(x, 0) ** 2 if name == "_log_ndtr" else 1.0
    assert np.max(np.array(off, float) / condition) < 8 * np.finfo(dtype).eps


def test_the_ends_of_guarded_functions(helpers: dict[str, Any]) -> None:
    ends = np.array([np.inf, -np.inf])
    np.testing.assert_array_equal(helpers["_erfcx"](ends), [0, np.inf])
    np.testing.assert_array_equal(helpers["_log_ndtr"](ends), [0, -np.inf])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(helpers["_log1mexp"](ends), [np.nan, 0])
        np.testing.assert_array_equal(helpers["_log1mexp"](np.zeros(1)), [-np.inf])
    for name in EXACT:
        assert np.isnan(helpers[name](np.array([np.nan]))).all()


def test_the_tails_of_the_error_function(helpers: dict[str, Any]) -> None:
    ends = np.array([np.inf, -np.inf, 0.0, 1e10])
    np.testing.assert_array_equal(helpers["_erf"](ends), [1, -1, 0, 1])
    np.testing.assert_array_equal(helpers["_erfc"](ends), [0, 2, 1, 0])
    assert np.isnan(helpers["_erf"](np.array([np.nan]))).all()


def test_sigmoid_neither_overflows_nor_cancels(helpers: dict[str, Any]) -> None:
    points = np.linspace(-700, 700, 57)
    with mpmath.workdps(40), np.errstate(all="raise"):
        exact = [1 / (1 + mpmath.exp(-mpmath.mpf(float(v)))) for v in points]
        assert _ulps(helpers["_sigmoid"](points), exact) < 3


@pytest.mark.parametrize("shape", [(5000,), (5000, 1), (1, 5000), (50, 100), (0, 5000)])
def test_sigmoid_of_large_arrays_is_that_of_small_ones(
    helpers: dict[str, Any], shape: tuple[int, ...]
) -> None:
    values = np.linspace(-800, 800, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    found = helpers["_sigmoid"](values)
    small = [helpers["_sigmoid"](v) for v in values.ravel()]
    assert found.shape == shape and found.dtype == np.float32
    np.testing.assert_allclose(found.ravel(), np.array(small, np.float32), rtol=3e-7)


@pytest.mark.parametrize("name", NAMES[:1] + NAMES[2:])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_dtype_stays(helpers: dict[str, Any], name: str, dtype: str) -> None:
    assert helpers[name](np.linspace(-3, -1, 7, dtype=dtype)).dtype == np.dtype(dtype)


def test_running_sums_of_float32_are_as_good_as_one_rounding() -> None:
    kernel = sd.derive("cumsum").build()
    x = np.random.default_rng(0).uniform(1, 2, 100_000).astype(np.float32)
    y, residuals = kernel.fwd(x)
    (dx,) = kernel.bwd(residuals, x)
    assert y.dtype == dx.dtype == np.float32
    np.testing.assert_allclose(y, np.cumsum(x.astype(float)), rtol=1e-7)
    np.testing.assert_allclose(dx, np.cumsum(x[::-1].astype(float))[::-1], rtol=1e-7)
