"""Clips, absolute values and choices that say the same in different words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.audit.regions import vanishes_in_each
from symderive.calculus.normal import normal
from symderive.frontends.booleans import choose
from symderive.index import nodes
from symderive.index.nodes import ZERO, Tensor, call, num

Array = Any
X = Tensor("x")[()]


class Huber:
    def forward(self, x: Array, t: Array) -> Array:
        self.e = x - t
        a = np.abs(self.e)
        return np.where(a < 1, 0.5 * self.e**2, a - 0.5).mean()

    def backward(self, dout: float = 1) -> Array:
        return np.clip(self.e, -1, 1) / self.e.size * dout


class HuberClippedTooFar(Huber):
    def backward(self, dout: float = 1) -> Array:
        return np.clip(self.e, -1, 2) / self.e.size * dout


class HuberByMinimum(Huber):
    def forward(self, x: Array, t: Array) -> Array:
        self.e = x - t
        q = np.minimum(np.abs(self.e), 1.0)
        return (0.5 * q**2 + np.abs(self.e) - q).mean()


class HardSigmoid:
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.clip(0.2 * x + 0.5, 0, 1)

    def backward(self, dout: Array) -> Array:
        return 0.2 * dout * (np.abs(self.x) < 2.5)


class SoftShrink:
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.sign(x) * np.maximum(np.abs(x) - 0.5, 0)

    def backward(self, dout: Array) -> Array:
        return dout * ((self.x > 0.5) | (self.x < -0.5))


class SoftShrinkOfOneSide(SoftShrink):
    def backward(self, dout: Array) -> Array:
        return dout * ((self.x > 0.5) | (self.x < -0.6))


class RootOfSquare:
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.sqrt(x**2)

    def backward(self, dout: Array) -> Array:
        return dout * np.sign(self.x)


class EluByItsOutput:
    def forward(self, x: Array) -> Array:
        self.y = np.where(x > 0, x, np.exp(x) - 1)
        return self.y

    def backward(self, dout: Array) -> Array:
        return dout * np.where(self.y > 0, 1, self.y + 1)


@pytest.mark.parametrize(
    "layer", [Huber, HuberByMinimum, HardSigmoid, SoftShrink, RootOfSquare, EluByItsOutput]
)
def test_right_code_is_equal_however_it_chooses(layer: Any) -> None:
    dims = {"x": "b n", "t": "b n"} if issubclass(layer, Huber) else {"x": "b n"}
    assert sd.audit(layer, **dims).kind == "equal"


@pytest.mark.parametrize("layer", [HuberClippedTooFar, SoftShrinkOfOneSide])
def test_a_wrong_edge_is_different(layer: Any) -> None:
    dims = {"x": "b n", "t": "b n"} if issubclass(layer, Huber) else {"x": "b n"}
    assert sd.audit(layer, **dims).kind == "different"


def clipped(low: float, high: float) -> Any:
    return call("minimum", call("maximum", X, num(low)), num(high))


def vanishes(expr: Any) -> bool:
    return normal(expr) is ZERO


def test_each_stretch_counts() -> None:
    inside = choose(nodes.bracket("gt", num(1), call("abs", X)), X, call("sign", X))
    assert vanishes_in_each(clipped(-1, 1) - inside, vanishes)
    assert not vanishes_in_each(clipped(-1, 2) - inside, vanishes)
    assert not vanishes_in_each(nodes.bracket("gt", X, num(10**6)), vanishes)  # far out, too


def test_only_what_is_compared_on_the_same_side_of_the_same_number_is_one_region() -> None:
    two = nodes.bracket("gt", 2 * X, num(1)) - nodes.bracket("gt", X, num(1) / 2)
    assert vanishes_in_each(two, vanishes)
    turned = nodes.bracket("gt", X, ZERO) + nodes.bracket("gt", -X, ZERO) - 1
    assert vanishes_in_each(turned, vanishes)
    rising = nodes.bracket("gt", call("exp", X), num(1)) - nodes.bracket("gt", X, ZERO)
    assert vanishes_in_each(rising, vanishes)
