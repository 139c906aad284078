"""The runs on real arrays: lengths, settings, values that are not finite, kinks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.audit.differences import differences
from symderive.audit.entry import subject_of
from symderive.audit.instance import Instance
from symderive.audit.numeric import ORDERS, arguments_of, relative, sizes_of

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


@pytest.mark.parametrize("forward", [np.abs, lambda x: np.maximum(x, 0)])
def test_differences_know_a_kink_that_lies_at_the_point_itself(forward: Any) -> None:
    """Those of |x| at 0 are 0 at every step length."""
    (argument,) = arguments_of({"x": "n"})
    values = np.array([0.0, 2.0, -3.0])
    subject = subject_of((lambda x: forward(x) + np.exp(3 * x), lambda dout: dout), {})
    made = Instance(sizes_of([argument], [3]), {"x": values}, np.ones(3))
    slopes, _ = differences(subject, argument, made)
    assert np.isnan(slopes[0]) and np.isfinite(slopes[1:]).all()
