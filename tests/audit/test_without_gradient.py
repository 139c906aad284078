"""What gets no gradient is never called equal, unless it is data or said to be a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

import symderive as sd

Array = Any


class Linear:
    def __init__(self) -> None:
        self.W, self.b = np.eye(3), np.zeros(3)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def test_a_parameter_without_a_gradient_leaves_the_verdict_open() -> None:
    verdict = sd.audit(Linear, x="b 3")
    assert verdict.kind == "cannot tell"
    assert verdict.unjudged == ("b",)


def test_a_constant_needs_none() -> None:
    verdict = sd.audit(Linear, x="b 3", constants=["b"])
    assert verdict.kind == "equal", verdict.text()
    assert "b: a constant, as the code makes it" in verdict.assumed


def linear(x: Array, w: Array, c: Array) -> Any:
    return x * w + c, (x, w)


def linear_back(dout: Array, cache: Any) -> Any:
    x, w = cache
    return dout * w, (dout * x).sum(0), None


def test_none_for_an_argument_leaves_the_verdict_open() -> None:
    verdict = sd.audit((linear, linear_back), x="b n", w="n", c="n")
    assert verdict.kind == "cannot tell" and verdict.unjudged == ("c",)


def test_a_target_needs_none() -> None:
    def loss(x: Array, target: Array) -> Any:
        return np.sum((x - target) ** 2), x - target

    def loss_back(dout: Array, cache: Array) -> Array:
        return 2 * cache * dout

    verdict = sd.audit((loss, loss_back), x="n", target="n")
    assert verdict.kind == "equal"
    assert any("target: data" in a for a in verdict.assumed)


class Rotated:
    """Right for the matrix that the constructor makes, and for no other."""

    def __init__(self) -> None:
        self.basis = np.eye(3)

    def forward(self, x: Array) -> Array:
        return x @ self.basis

    def backward(self, dout: Array) -> Array:
        return dout @ self.basis


def test_what_holds_for_the_first_values_alone_is_said_to_be_so() -> None:
    verdict = sd.audit(Rotated, x="b 3")
    assert verdict.kind == "cannot tell" and "--constant basis" in verdict.obstacle
    assert sd.audit(Rotated, x="b 3", constants=["basis"]).kind == "equal"
