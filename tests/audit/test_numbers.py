"""The runs on real arrays: lengths, settings, values that are not finite, kinks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.verify.audit.numeric import ORDERS, relative

Array = Any


def test_no_two_dims_have_one_length() -> None:
    assert all(len(set(order)) == len(order) for order in ORDERS)


class GlobalAveragePool:
    """Divides by the length of the wrong axes."""

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, dout: Array) -> Array:
        n, _, h, _ = self.shape
        return np.ones(self.shape) * dout[:, :, None, None] / (n * h)


def test_the_first_and_the_last_of_four_dims_are_told_apart() -> None:
    verdict = sd.audit(GlobalAveragePool, x="b c h w")
    assert verdict.kind == "different", verdict.text()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_never_near(value: float) -> None:
    assert relative(np.zeros(1), np.array([value])) == np.inf
    assert relative(np.array([value]), np.zeros(1)) == np.inf


def centred(x: Array, p: dict[str, Any]) -> Array:
    """Counts its runs, and works in the first of them only."""
    p["runs"] = p.get("runs", 0) + 1
    return (x - x.mean(axis=0)) * p["scale"] ** (p["runs"] - 1)


def centred_back(dout: Array) -> Array:
    return dout - dout.mean(axis=0)


def test_settings_are_fresh_in_every_run() -> None:
    given: dict[str, Any] = {"scale": 2}
    assert sd.audit((centred, centred_back), x="b n", p=given).kind == "equal"
    assert given == {"scale": 2}
