"""Zeros of known lengths that the forward writes what it computes into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.frontends.slopes import derived_and_compared

Array = Any
LABELS = np.array([0, 3, 3, 1, 4, 2])


def diagonal(x: Array) -> Array:
    out = np.zeros((2, 2))
    out[0, 0], out[1, 1] = np.exp(x[0]), x[1] ** 2
    return out


def loop(x: Array) -> Array:
    out = np.empty(3)
    for i in range(3):
        out[i] = x[i] ** 2 * x[(i + 1) % 3]
    return out


def segment_mean(x: Array, t: Array) -> Array:
    total, count = np.zeros((5, x.shape[1])), np.zeros(5)
    np.add.at(total, t, x)
    np.add.at(count, t, 1.0)
    return total / count[:, None]


def masked(x: Array) -> Array:
    mask = np.zeros((3, 3))
    mask[np.triu_indices(3, 1)] = 1
    return np.where(mask > 0, x, 0) ** 2


@pytest.mark.parametrize(
    ("forward", "domains", "inputs"),
    [
        (diagonal, {"x": "2"}, [np.array([0.5, -1.5])]),
        (loop, {"x": "3"}, [np.array([0.5, -1.5, 2.0])]),
        (
            segment_mean,
            {"x": "b n", "t": sd.integers("b", below=5)},
            [np.arange(12.0).reshape(6, 2) ** 1.5, LABELS],
        ),
        (masked, {"x": "3 3"}, [np.arange(9.0).reshape(3, 3)]),
    ],
)
def test_value_gradient_and_certificate(
    forward: Callable[..., Array], domains: dict[str, Any], inputs: list[Array]
) -> None:
    assert derived_and_compared(forward, domains, inputs).verify(quick=True).ok


def test_a_class_mean_and_a_covariance_have_points_to_be_checked_at() -> None:
    def class_mean(x: Array, t: Array) -> Array:
        hits = (t[:, None] == np.arange(4)).astype(float)
        return (hits.T @ x) / hits.sum(0)[:, None]

    def covariance(x: Array, y: Array) -> Array:
        return (x - x.mean(0)).T @ (y - y.mean(0)) / (x.shape[0] - 1)

    def inverse_distance(x: Array, i: Array, j: Array) -> Array:
        return 1 / np.linalg.norm(x[i] - x[j], axis=-1)

    labels = sd.integers("m", below="b")
    for derivation in (
        sd.derive(class_mean, x="b n", t=sd.integers("b", below=4)),
        sd.derive(covariance, x="n d", y="n e"),
        sd.derive(inverse_distance, x="b n", i=labels, j=labels),
    ):
        assert derivation.verify(quick=True).ok
        assert derivation.verify().ok
