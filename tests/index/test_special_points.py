"""Every function of one or two numbers at special points, beside NumPy's and SciPy's own."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import special

import symderive as sd

ONE = (
    *("absolute", "cbrt", "negative", "reciprocal", "square", "sqrt", "arccos", "arcsin"),
    *("arcsinh", "arctan", "arctanh", "cos", "cosh", "exp", "exp2", "expm1", "log", "log10"),
    *(
        "log1p",
        "log2",
        "sin",
        "sinc",
        "sinh",
        "tan",
        "tanh",
        "ceil",
        "floor",
        "rint",
        "sign",
        "trunc",
    ),
)
TWO = (
    *("add", "divide", "float_power", "floor_divide", "hypot", "maximum", "minimum", "mod"),
    *("multiply", "power", "subtract", "arctan2", "logaddexp", "heaviside"),
    *("copysign", "fmax", "fmin", "fmod", "logaddexp2"),
)
SCIPY = ("erf", "erfc", "expit", "log_expit", "logit", "ndtr")
UNARY = [getattr(np, name) for name in ONE] + [getattr(special, name) for name in SCIPY]
BINARY = [getattr(np, name) for name in TWO]
SMALL = (0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2.5, 3, np.inf, -np.inf, np.nan, 0.7, 0.1, 0.9999999999)
FAR = (1e-320, 1e-300, 1e300, -1e300, 1e200, 40, -40, 800, -800, 1e-9, 1e16)
POINTS = np.array([*SMALL, *FAR])
PAIRS = np.array(list(product(POINTS, POINTS))).T


def unary(a: Any) -> Any:
    return np.stack([f(a) for f in UNARY])


def binary(a: Any, b: Any) -> Any:
    return np.stack([f(a, b) for f in BINARY])


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned", "c"])
@pytest.mark.parametrize("forward", [unary, binary])
def test_values_are_the_librarys_at_special_points(forward: Any, target: str) -> None:
    inputs = (POINTS,) if forward is unary else (PAIRS[0].copy(), PAIRS[1].copy())
    domains = dict(zip("ab", ["n"] * len(inputs), strict=False))
    found = sd.derive(forward, **domains).build(target)(*inputs)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found, forward(*inputs), rtol=1e-12, atol=1e-320)


def test_the_slopes_of_a_length_do_not_leave_the_range() -> None:
    a, b = np.array([1e200, 0.0, 3.0, 1e-200, -1e308]), np.array([1.0, 0.0, 4.0, -1e-200, 1e308])
    d = sd.derive(lambda a, b: np.hypot(a, b), a="n", b="n")
    for target in ("numpy", "c"):
        _, residuals = d.build(target).fwd(a, b)
        da, db = d.build(target).bwd(residuals, np.ones(5))
        half = np.sqrt(0.5)
        np.testing.assert_allclose(da, [1, 0, 0.6, half, -half])
        np.testing.assert_allclose(db, [1e-200, 0, 0.8, -half, half])


def test_remainders_take_their_slopes_from_the_exact_quotient() -> None:
    d = sd.derive(lambda a, b: np.mod(a, b) + 2 * (a // b), a="n", b="n")
    a, b = np.array([7.5, -7.5, 1.0, 3.0]), np.array([2.0, 2.0, 0.1, -0.7])
    _, residuals = d.build().fwd(a, b)
    da, db = d.build().bwd(residuals, np.ones(4))
    np.testing.assert_array_equal(da, np.ones(4))
    np.testing.assert_array_equal(db, -np.floor_divide(a, b))
