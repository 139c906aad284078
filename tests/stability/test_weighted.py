"""Exponentials beside positive inputs, y e^x + 1: right where the true value is representable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(4)

Array = Any
WEIGHTED: dict[str, Callable[..., Any]] = {
    "log of a sum": lambda x, y, f: f.log(y + f.exp(x)),
    "log of one and a part": lambda x, y, f: f.log(1 + y * f.exp(x)),
    "log of two parts": lambda x, y, f: f.log(y * f.exp(x) + 3 * f.exp(-x)),
    "odds": lambda x, y, f: y * f.exp(x) / (1 + y * f.exp(x)),
    "share": lambda x, y, f: f.exp(x) / (y + f.exp(x)),
    "the other share": lambda x, y, f: y / (y + f.exp(x)),
    "a square": lambda x, y, f: f.log(y**2 + f.exp(x)),
}
PLAIN = {
    "a part of the exponent": lambda x, y, f: f.exp(x) ** 0.7 * y,
    "hyperbolic": lambda x, y, f: f.log(f.exp(-y) / (1 - f.exp(-2 * y))) + x,
}
POINTS = [(800.0, 2.0), (-800.0, 2.0), (300.0, 1e-200), (-300.0, 1e200), (0.5, 1e-12), (2.0, 700.0)]


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", [*WEIGHTED, *PLAIN])
def test_values_and_gradients_at_extremes(name: str, target: str) -> None:
    formula = {**WEIGHTED, **PLAIN}[name]

    def forward(x: Array, y: Array) -> Array:
        return formula(x, y, np)

    module = sd.derive(forward, x="n", y=sd.positive("n")).build(target)
    x, y = (np.array(values) for values in zip(*POINTS, strict=True))
    found, residuals = module.fwd(x, y)
    dx, dy = module.bwd(residuals, np.ones(len(POINTS)))
    with mpmath.workdps(900):
        for n, point in enumerate(POINTS):
            u, v = map(mpmath.mpf, point)
            true = (
                formula(u, v, mpmath),
                mpmath.diff(lambda a, v=v: formula(a, v, mpmath), u),
                mpmath.diff(lambda b, u=u: formula(u, b, mpmath), v, h=v * mpmath.mpf(10) ** -300),
            )
            size = 64 * (1 + abs(u) + abs(mpmath.log(v))) * np.finfo(float).eps
            # a gradient is s (1 - s), or that over y, as that of a sigmoid is
            for got, wanted, at_most in zip(
                (found[n], dx[n], dy[n]), true, (0, 1, 1 / v), strict=True
            ):
                if abs(mpmath.log(abs(wanted) or 1e-300, 10)) < 290:
                    off = abs(mpmath.mpf(float(got)) - wanted)
                    assert off < size * max(abs(wanted), at_most), (name, point, got, wanted)


@pytest.mark.parametrize(
    "forward",
    [
        lambda x, y: y * np.exp(x),
        lambda x, y: np.log(1 + y) + x,
        lambda x, y: y / (1 + y) * np.exp(x),
        lambda x, y: np.exp(x) * np.exp(x**2) * y,
    ],
)
def test_no_logarithm_is_put_where_nothing_overflows(forward: Callable[..., Array]) -> None:
    program = sd.derive(forward, x="n", y=sd.positive("n")).stable.program
    assert "logaddexp" not in str(program) and "+ log(y_i)" not in str(program)
