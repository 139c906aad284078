"""The scalar functions of the c target, over their whole range, in units in the last place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import symderive as sd
from symderive.operators.special import erf

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
UNITS = 2.0
Array = Any


def logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def soft_relu(x: Array) -> Array:
    return np.log(1 + np.exp(x))


def error_function(x: Array) -> Array:
    return erf(x)


def erfc(x: Array) -> Array:
    return 1 - erf(x)


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
    (soft_relu, lambda x: mpmath.log1p(mpmath.exp(x)), -86, 86, 2.5),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
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
