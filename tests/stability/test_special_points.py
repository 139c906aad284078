"""Values and gradients at special points, in relative error against many digits: where a factor
overflows, vanishes or cancels, and the true number is an ordinary one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .one_line import errors

pytestmark = pytest.mark.thinned(6)

UP = [
    1e-300,
    1e-30,
    1e-10,
    1e-5,
    1e-3,
    0.1,
    0.5,
    0.69,
    0.7,
    1,
    2,
    5,
    8,
    20,
    30,
    50,
    80,
    100,
    700,
    800,
]
LINE = [-v for v in reversed(UP)] + [0, *UP]
FAR = [v for v in LINE if abs(v) >= 0.1]
VALUE, SLOPE = 24.0, 60.0  # eps

NEAR = [v for v in LINE if 1e-15 <= abs(v) <= 20]
FUNCTIONS: dict[str, list[float]] = {
    "1 - np.cos(x)": NEAR,
    "(np.cos(2 * x) - 1) / 5": NEAR,
    "3 - 3 * np.cos(x / 2)": NEAR,
    "np.sqrt(1 + x) - 1": [v for v in UP if v > 1e-100],
    "np.sqrt(1 + x * x) - 1": NEAR,
    "2 * np.sqrt(x + 4) - 4": [v for v in UP if v > 1e-100],
    "np.log1p(-np.exp(-x))": UP,
    "np.log(1 - np.exp(-x))": UP,
    "np.log(-np.expm1(-x))": UP,
    "-np.log1p(-np.exp(-2 * x)) / 3": UP,
    "x + np.log(1 - np.exp(-x))": [v for v in UP if not 1e-3 < v < 5],
    "np.log(np.exp(x) - 1)": [v for v in UP if not 0.1 < v < 2],
    "np.log(np.tanh(x))": UP,
    "np.log(1 - np.exp(-x * x))": [v for v in UP if v > 1e-15],
    "np.exp(-np.exp(-x))": LINE,
    "1 - np.exp(-np.exp(x))": LINE,
    "np.exp(-3 * np.exp(x))": LINE,
    "np.exp(-np.exp(-2 * x) / 5)": LINE,
    "1 / np.exp(np.exp(x))": LINE,
    "x * np.exp(-np.exp(x))": LINE,
    "np.exp(x) * np.exp(-np.exp(x))": FAR,
    "np.exp(-x) * np.exp(-np.exp(-x))": FAR,
    "np.exp(x - np.exp(x))": FAR,
    "2 / (np.exp(x) + np.exp(-x))": LINE,
    "1 / np.cosh(x)": LINE,
    "np.exp(x) / (1 + np.exp(2 * x))": LINE,
    "1 / (np.cosh(x) + np.cosh(x))": LINE,
    "2 / (np.exp(x) - np.exp(-x))": FAR,
    "np.exp(x) / (np.exp(x) - 1) ** 2": FAR,
    "(np.exp(x) + 1) / (np.exp(x) - 1)": [v for v in LINE if 0 < abs(v) < 5],
    "np.log(special.ndtr(x))": [v for v in LINE if v < 5],
    "np.log(1 - special.ndtr(x))": [v for v in LINE if -5 < v < 60],
    "np.log(0.5 * (1 + special.erf(x / np.sqrt(2))))": [v for v in LINE if -60 < v < 5],
    "np.log(0.5 - special.erf(x) / 2)": [v for v in LINE if -5 < v < 40],
    "special.log_ndtr(x)": [v for v in LINE if v < 5],
    "2 * special.ndtr(x) - 1": LINE,
    "1 - special.erfc(x)": LINE,
    "np.exp(-x * x / 2) / special.ndtr(x)": [v for v in LINE if abs(v) < 10],
    "np.log(1 + np.exp(x))": LINE,
    "np.exp(-x * x)": LINE,
    "special.ndtr(x)": [v for v in LINE if abs(v) < 5],
    "1 / (1 + x * x)": [v for v in LINE if abs(v) > 1e-100 or v == 0],
    "np.exp(np.exp(x))": [-800, -5, 0, 1, 2],
    "x * special.ndtr(x)": [v for v in LINE if v > -5],
    "np.arctan(np.exp(x))": LINE,
    "np.log(1 + np.exp(-np.abs(x) - 1))": FAR,
}
IN_C = (
    "np.log1p(-np.exp(-x))",
    "np.exp(-np.exp(-x))",
    "1 - np.exp(-np.exp(x))",
    "2 / (np.exp(x) + np.exp(-x))",
    "np.log(special.ndtr(x))",
    "np.log(1 - special.ndtr(x))",
)


def _within(text: str, dtype: Any, target: str) -> None:
    largest = 1e30 if dtype is np.float32 else 1e301
    points = [v for v in FUNCTIONS[text] if 1 / largest <= abs(v) <= largest or v == 0]
    value, plain, slope, condition = errors(text, points, dtype, target)
    allowed = 1 + np.array(condition)
    at = np.array(points, dtype)
    scaled = value / allowed
    assert scaled.max() <= VALUE, (text, at[scaled > VALUE], value[scaled > VALUE])
    worse = value > 4 * plain + 4 * allowed
    assert not worse.any(), (text, "worse than the text", at[worse], value[worse], plain[worse])
    steep = slope / (1 + np.abs(at))
    assert steep.max() <= SLOPE, (text, "slope", at[steep > SLOPE], slope[steep > SLOPE])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("text", FUNCTIONS)
def test_right_at_special_points(text: str, dtype: Any) -> None:
    _within(text, dtype, "numpy")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("text", IN_C)
def test_right_at_special_points_in_c(text: str, dtype: Any) -> None:
    _within(text, dtype, "c")
