"""Right code passes: nothing that a certificate asks may fail where nothing is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(3)

Array = Any


def masked_total(a: Array, x: Array) -> Array:
    return np.exp(np.where(a > 0, x, -np.inf)).sum(-1)


def second_largest(x: Array) -> Array:
    return np.where(x == x.max(-1, keepdims=True), -np.inf, x).max(-1)


def masked_by_a_large_number(a: Array, s: Array, h: Array) -> Array:
    e = np.exp(np.where(a > 0, s, -1e9))
    return e / e.sum(-1, keepdims=True) @ h


def coupled(t: Array) -> Array:
    return np.sin(t[None, :] - t[:, None]).mean(1)


def about_a_third(c: Array) -> Array:
    return ((c + 1 / 3) ** 2).sum(-1)


def tversky(x: Array, y: Array) -> Array:
    p = 1 / (1 + np.exp(-x))
    return (1 - (p * y).sum(-1) / (p.sum(-1) + y.sum(-1))) ** 0.75


def largest_difference(a: Array, b: Array) -> Array:
    return np.abs(a - b).max(-1)


def two_back(x: Array) -> Array:
    return x[:, np.arange(x.shape[1]) - 2] * x[:, ::-1]


@pytest.mark.parametrize(
    ("forward", "dims"),
    [
        (masked_total, {"a": "b n", "x": "b n"}),
        (second_largest, {"x": "b n"}),
        (masked_by_a_large_number, {"a": "n n", "s": "n n", "h": "n d"}),
        (coupled, {"t": "n"}),
        (about_a_third, {"c": "b n"}),
        (tversky, {"x": "b n", "y": "b n"}),
        (largest_difference, {"a": "b n", "b": "b n"}),
        (two_back, {"x": "b n"}),
    ],
)
def test_it_has_its_certificate(forward: Any, dims: dict[str, str]) -> None:
    certificate = sd.derive(forward, **dims).verify()
    assert certificate.ok, certificate.text()
