"""`x[mask]` for a mask that depends on the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import NotSupportedError
from tests.frontends.slopes import derived_and_compared

Array = Any


def elu(x: Array, alpha: float = 0.1) -> Array:
    y = x.copy()
    y[x < 0] = alpha * (np.exp(x[x < 0]) - 1)
    return y


def leaky(x: Array) -> Array:
    y = x.copy()
    y[x < 0] *= 0.1
    return y


def huber(x: Array) -> Array:
    y, near = x.copy(), np.abs(x) < 1
    y[near] = 0.5 * y[near] ** 2
    y[~near] = np.abs(y[~near]) - 0.5
    return y


def chosen_squares(x: Array, m: Array) -> Array:
    return (x[m > 0] ** 2).sum()


CASES: dict[str, tuple[Callable[..., Array], dict[str, Any]]] = {
    "elu": (elu, {"x": "b n"}),
    "leaky": (leaky, {"x": "b n"}),
    "huber": (huber, {"x": "b n"}),
    "sum": (lambda x: x[x > 0].sum(), {"x": "b n"}),
    "sum by np.sum": (lambda x: np.sum(np.log(x[x > 0])), {"x": "b n"}),
    "mean": (lambda x: np.mean(x[x > 0] ** 2), {"x": "b n"}),
    "rows": (lambda x: x[x.sum(-1) > 0].sum(), {"x": "b n"}),
    "labels": (chosen_squares, {"x": "b n", "m": sd.integers("b", below=2)}),
}


@pytest.mark.parametrize("name", CASES)
def test_value_gradient_and_certificate(name: str) -> None:
    forward, domains = CASES[name]
    x = 1.5 * np.random.default_rng(0).standard_normal((4, 3))
    inputs = [x, np.array([1, 0, 1, 1])][: len(domains)]
    assert derived_and_compared(forward, domains, inputs).verify(quick=True).ok


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: x[x > 0].max(),
        lambda x: len(x[x > 0]) * x,
        lambda x: np.concatenate([x[x > 0], x]),
        lambda x: x[x > 0] * x,
        lambda x: np.sum(x[x > 0] * x[x > 1]),
        lambda x: np.cumsum(x[x > 0]),
    ],
)
def test_what_needs_the_number_of_elements_is_refused(forward: Callable[..., Array]) -> None:
    with pytest.raises(NotSupportedError, match="mask"):
        sd.derive(forward, x="n")
