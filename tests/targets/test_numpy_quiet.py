"""A generated function warns of nothing that NumPy, on the author's own text, does not warn of."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

ZERO = np.array([0.0, 0.5, 2.0])
CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "a power at 0": (lambda x, z: x**z, (ZERO, np.array([2.0, 3.0, 1.0]))),
    "a guarded logarithm": (
        lambda x: np.where(x > 0, x * np.log(np.where(x > 0, x, 1)), 0), (ZERO,)),
    "a guarded quotient": (
        lambda x: np.where(x != 0, np.sin(x) / np.where(x != 0, x, 1), 1), (ZERO,)),
    "a norm of 0": (lambda x: np.sqrt((x * x).sum()), (np.zeros(3),)),
    "an elu far out": (lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))), (ZERO * 1e4,)),
}  # fmt: skip


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned"])
@pytest.mark.parametrize("name", CASES)
def test_code_warns_of_nothing_that_the_text_does_not(name: str, target: str) -> None:
    forward, inputs = CASES[name]
    dims = dict(zip("xz", ["n"] * len(inputs), strict=False))
    kernel = sd.derive(forward, **dims).build(target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = forward(*inputs)
        y, residuals = kernel.fwd(*inputs)
        gradients = kernel.bwd(residuals, np.ones_like(y))
    np.testing.assert_allclose(y, expected)
    assert all(np.isfinite(g).all() for g in gradients)


def test_a_text_that_warns_is_not_silenced_where_nothing_is_chosen() -> None:
    kernel = sd.derive(lambda x: np.log(x), x="n").build()
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        kernel(ZERO)
