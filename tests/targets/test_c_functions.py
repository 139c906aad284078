"""The scalar functions of the c target, over their whole range, in units in the last place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import symderive as sd
from symderive.frontends.primitives import erf

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(8),
]
UNITS = 2.0
Array = Any

DTYPES = [np.float32, np.float64]


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def soft_relu(x: Array) -> Array:
    return np.log(1 + np.exp(x))


def error_function(x: Array) -> Array:
    return erf(x)


def erfc(x: Array) -> Array:
    return 1 - erf(x)


def difference_log(x: Array) -> Array:
    return np.log(1 - np.exp(-np.abs(x)))


def tail_log(x: Array) -> Array:
    return np.log((1 + erf(x / np.sqrt(2))) / 2)


def scaled_tail(x: Array) -> Array:
    return np.exp(x * x) * (1 - erf(x))


def log1mexp(x: Any) -> Any:
    return mpmath.log1p(-mpmath.exp(-abs(x)))


def log_ndtr(x: Any) -> Any:
    with mpmath.workdps(60):
        return mpmath.log(mpmath.erfc(-x / mpmath.sqrt(2)) / 2)


CASES: list[tuple[Callable[[Array], Array], Callable[[Any], Any], float, float, float]] = [
    (np.exp, mpmath.exp, -87, 88, UNITS),
    (np.exp, mpmath.exp, -1e-4, 1e-4, UNITS),
    (np.expm1, mpmath.expm1, -20, 88, UNITS),
    (np.expm1, mpmath.expm1, -1e-3, 1e-3, UNITS),
    (np.log, mpmath.log, 1e-30, 1e30, UNITS),
    (np.log, mpmath.log, 0.7, 1.4, UNITS),
    (np.log1p, mpmath.log1p, -0.99, 50, UNITS),
    (np.log1p, mpmath.log1p, -1e-3, 1e-3, UNITS),
    (np.tanh, mpmath.tanh, -12, 12, UNITS),
    (np.tanh, mpmath.tanh, -1e-3, 1e-3, UNITS),
    (logistic, lambda x: 1 / (1 + mpmath.exp(-x)), -86, 86, 2.5),
    (error_function, mpmath.erf, -6, 6, UNITS),
    (error_function, mpmath.erf, -1e-3, 1e-3, UNITS),
    (erfc, mpmath.erfc, -4, 9, 6.0),
    (difference_log, log1mexp, -0.7, 0.7, 6.0),
    (difference_log, log1mexp, -80, 80, 6.0),
    (tail_log, log_ndtr, -1000, 1, 6.0),
    (tail_log, log_ndtr, -2, 4, 25.0),
    (scaled_tail, lambda x: mpmath.exp(x * x) * mpmath.erfc(x), -3, 60, 6.0),
    (soft_relu, lambda x: mpmath.log1p(mpmath.exp(x)), -86, 86, 2.5),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("function", "exact", "low", "high", "units"),
    CASES,
    ids=[f"{c[0].__name__} {c[2]:g}..{c[3]:g}" for c in CASES],
)
def test_within_units_in_the_last_place(
    function: Any, exact: Callable[[Any], Any], low: float, high: float, units: float, dtype: Any
) -> None:
    rng = np.random.default_rng(0)
    is_wide = low > 0 and high / low > 1e6
    x = np.exp(rng.uniform(np.log(low), np.log(high), 4000)) if is_wide else None
    x = (rng.uniform(low, high, 4000) if x is None else x).astype(dtype)
    found = sd.derive(lambda x: function(x), x="n").build("c")(x)
    with mpmath.workdps(40):
        true = [exact(mpmath.mpf(float(v))) for v in x]
        off = [
            float(abs(mpmath.mpf(float(f)) - t) / mpmath.mpf(float(np.spacing(dtype(abs(t))))))
            for f, t in zip(found, true, strict=True)
        ]
    worst = int(np.argmax(off))
    assert off[worst] <= units, f"{off[worst]:.2f} ulp at {x[worst]!r}: {found[worst]!r}"


def by_row(x: Array, s: Array) -> Array:
    return x / s[:, None]


def by_one(x: Array, s: Array) -> Array:
    return x / s


def numbers(dtype: Any) -> Array:
    """Both signs of what division must get right: 0, the ends of the range, and between them."""
    limits, rng = np.finfo(dtype), np.random.default_rng(0)
    ends = [
        0,
        limits.smallest_subnormal,
        limits.tiny / 9,
        limits.tiny,
        limits.max,
        np.inf,
        np.nan,
        1,
    ]
    low, high = np.log(float(limits.tiny)), np.log(float(limits.max))
    plain = np.concatenate([ends, np.exp(rng.uniform(low, high, 60)), rng.uniform(0, 9, 60)])
    return np.concatenate([plain, -plain]).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_quotient_by_what_is_of_a_row_is_that_of_numpy(dtype: Any) -> None:
    s = numbers(dtype)
    x = np.tile(s, (s.size, 1))
    rows = sd.derive(by_row, x="b n", s="b").build("c")
    one = sd.derive(by_one, x="n", s="").build("c")
    with np.errstate(all="ignore"):
        exact = x / s[:, None]
        apart = np.abs(np.spacing(exact))  # once more: what is lost where x itself is tiny
    for found in (rows(x, s), np.array([one(s, divisor) for divisor in s])):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(exact))
        np.testing.assert_array_equal(np.isinf(found), np.isinf(exact))
        known = np.isfinite(exact)
        assert (np.abs(found[known] - exact[known]) <= apart[known]).all()
        plain = known & (np.abs(x) > 1e-20) & (np.abs(exact) > np.finfo(dtype).tiny)
        assert (found != exact)[plain].mean() < 0.01
        np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(exact[known]))
