"""A gradient is judged wherever the code leaves it; what is not found is not said to be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderive.verify.audit import audit

Array = Any


class InADictionary:
    def __init__(self, W: Array, factor: float = 1) -> None:
        self.W, self.factor = W, factor

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W

    def backward(self, dout: Array) -> Any:
        return {"x": dout @ self.W.T, "W": self.factor * self.x.T @ dout}


class InTheLayer(InADictionary):
    def backward(self, dout: Array) -> Any:
        self.g = {"W": self.factor * self.x.T @ dout}
        return dout @ self.W.T


class UnderAnotherName(InADictionary):
    def backward(self, dout: Array) -> Any:
        self.slopes = 2 * self.x.T @ dout
        return dout @ self.W.T


DIMS = {"x": "b n", "W": "n m"}


@pytest.mark.parametrize("layer", [InADictionary, InTheLayer])
def test_both_gradients_are_judged(layer: Any) -> None:
    assert audit(layer, **DIMS).kind == "equal"

    class Doubled(layer):  # type: ignore[misc]
        def __init__(self, W: Array) -> None:
            super().__init__(W, 2)

    assert audit(Doubled, **DIMS).kind == "different"


def test_a_gradient_that_is_not_found_leaves_the_verdict_open() -> None:
    verdict = audit(UnderAnotherName, **DIMS)
    assert verdict.kind == "cannot tell"
    assert any("no gradient of W" in note for note in verdict.notes)


class InTwoHalves:
    def forward(self, x: Array) -> Array:
        self.x = x
        return x * x

    def backward(self, dout: Array) -> Array:
        g = 2 * self.x * dout
        return np.hstack((g[:, :2], g[:, 2:]))


def test_two_halves_of_a_known_length_are_the_whole() -> None:
    assert audit(InTwoHalves, x="b 4").kind == "equal"
