"""What one call leaves in a layer must not spoil the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


class Relu:
    def __init__(self) -> None:
        self.mask = None

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return np.where(x > 0, x, 0)

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class ReluKeepsItsMask(Relu):
    def forward(self, x: Array) -> Array:
        if self.mask is None:
            self.mask = x > 0
        return np.where(x > 0, x, 0)


class Linear:
    def __init__(self) -> None:
        self.W, self.dW = np.eye(3), np.zeros((3, 3))

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W

    def backward(self, dout: Array) -> Array:
        self.dW += self.x.T @ dout
        return dout @ self.W.T


class LinearAddsToWhatItReturns(Linear):
    total: Array = 0.0

    def backward(self, dout: Array) -> Array:
        self.total = self.total + super().backward(dout)
        return self.total


@pytest.mark.parametrize(
    ("layer", "x", "kind"),
    [
        (Relu, "n", "equal"),
        (ReluKeepsItsMask, "n", "different"),
        (Linear, "b 3", "equal"),  # gradients of parameters may be added up
        (LinearAddsToWhatItReturns, "b 3", "different"),
    ],
)
def test_a_layer_is_called_twice(layer: Any, x: str, kind: str) -> None:
    verdict = sd.audit(layer, x=x)
    assert verdict.kind == kind, verdict.text()
    if kind == "different":
        assert any("wrong in the next" in f.reason for f in verdict.findings)
