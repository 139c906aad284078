"""A gradient is judged wherever the code leaves it; what is not found is not said to be right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderive.audit import audit

Array = Any


class InADictionary:
    factor = 1

    def __init__(self, W: Array) -> None:
        self.W = W

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
def test_both_gradients_are_judged(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit(layer, **DIMS).kind == "equal"
    monkeypatch.setattr(InADictionary, "factor", 2)
    assert audit(layer, **DIMS).kind == "different"


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


def product(x: Array, W: Array) -> Any:
    return x @ W, (x, W)


def product_back(dout: Array, cache: Any) -> Any:
    x, W = cache
    return dout @ W.T, x.T @ dout


class Product(InADictionary):
    """Takes a mask, too, of which it gives no gradient."""

    def forward(self, x: Array, mask: Array, W: Array) -> Array:
        self.x, self.mask, self.W = x, mask, W
        return (x @ W) * mask

    def __init__(self) -> None:
        pass

    def backward(self, dout: Array) -> Any:
        g = dout * self.mask
        return g @ self.W.T, self.x.T @ g


@pytest.mark.parametrize("order", [("x", "W"), ("W", "x")])
def test_a_tuple_is_read_in_the_order_of_the_signature(order: tuple[str, str]) -> None:
    assert audit((product, product_back), **dict.fromkeys(order, "n n")).kind == "equal"

    class Of(InADictionary):
        def backward(self, dout: Array) -> Any:
            return dout @ self.W.T, self.x.T @ dout

    assert audit(Of, **dict.fromkeys(order, "n n")).kind == "equal"


class ThenADictionary(InADictionary):
    def backward(self, dout: Array) -> Any:
        return dout @ self.W.T, {"W": self.factor * self.x.T @ dout}


class ThenAList(InADictionary):
    def backward(self, dout: Array) -> Any:
        return dout @ self.W.T, [self.factor * self.x.T @ dout]


@pytest.mark.parametrize("layer", [ThenADictionary, ThenAList])
def test_what_is_returned_is_looked_into(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit(layer, **DIMS).kind == "equal"
    monkeypatch.setattr(InADictionary, "factor", 2)
    verdict = audit(layer, **DIMS)
    assert {f.argument: f.verdict for f in verdict.findings} == {"x": "equal", "W": "different"}


class ProductOfMasked(Product):
    """The mask has the shape of x."""

    def forward(self, x: Array, mask: Array, W: Array) -> Array:
        self.x, self.mask, self.W = x * mask, mask, W
        return self.x @ W

    def backward(self, dout: Array) -> Any:
        return dout @ self.W.T * self.mask, self.x.T @ dout


@pytest.mark.parametrize(("layer", "mask"), [(Product, "b m"), (ProductOfMasked, "b n")])
def test_a_shorter_tuple_is_read_by_its_shapes(layer: Any, mask: str) -> None:
    verdict = audit(layer, x="b n", mask=mask, W="n m")
    assert verdict.kind == "equal", verdict.text()
    assert [f.argument for f in verdict.findings] == ["x", "W"]


def test_shapes_that_fit_nothing_leave_the_verdict_open() -> None:
    class Turned(Product):
        def backward(self, dout: Array) -> Any:
            dx, dW = super().backward(dout)
            return dx, dW.T

    verdict = audit(Turned, x="b n", mask="b m", W="n m")
    assert verdict.kind == "cannot tell"
    assert "shapes do not say" in verdict.obstacle


class Euler:
    """The step has a name that sounds like a gradient."""

    def __init__(self, dt: float = 0.1) -> None:
        self.dt, self.options = dt, {"dt": dt}

    def forward(self, x: Array, t: Array) -> Array:
        self.x, self.t = x, t
        return x + self.dt * x * t

    def backward(self, dout: Array) -> Array:
        return dout * (1 + self.dt * self.t)


def test_what_backward_did_not_assign_is_no_gradient() -> None:
    verdict = audit(Euler, x="n", t="")
    assert verdict.kind == "equal", verdict.text()
    assert [f.argument for f in verdict.findings] == ["x"]


class Accumulates(InADictionary):
    """Adds to a buffer that the constructor made."""

    def __init__(self, W: Array) -> None:
        super().__init__(W)
        self.dW = np.zeros_like(W)

    def backward(self, dout: Array) -> Any:
        self.dW += self.x.T @ dout
        return dout @ self.W.T


def test_a_buffer_that_backward_fills_holds_a_gradient() -> None:
    assert audit(Accumulates, **DIMS).kind == "equal"


def gated(x: Array, W: Array) -> Any:
    h = np.tanh(x @ W)
    cache = (x, W, h)
    weights = h * 1
    return h, cache, weights


def cache_first(x: Array, W: Array) -> Any:
    h, cache, _ = gated(x, W)
    return cache, h


def one_by_one(x: Array, W: Array) -> Any:
    h, _, _ = gated(x, W)
    return h, x * 1, W * 1, h * 1


def without_names(x: Array, W: Array) -> Any:
    h, _, weights = gated(x, W)
    return h * 1, weights * 1, (x, W, h)


def gated_back(dout: Array, cache: Any) -> Any:
    x, W, h = cache
    g = dout * (1 - h * h)
    return g @ W.T, x.T @ g


class Gated:
    def forward(self, x: Array, W: Array) -> Any:
        return gated(x, W)

    def backward(self, dout: Array, cache: Any) -> Any:
        return gated_back(dout, cache)


@pytest.mark.parametrize("forward", [gated, cache_first, one_by_one, without_names])
def test_backward_is_given_what_it_wants_of_what_forward_returns(forward: Any) -> None:
    verdict = audit((forward, gated_back), x="b n", W="n m")
    assert verdict.kind == "equal", verdict.text()


def test_a_forward_of_a_class_may_return_its_cache() -> None:
    assert audit(Gated, x="b n", W="n m").kind == "equal"


class Group(InADictionary):
    """Gradients of a part stay in the part, in lists of dictionaries."""

    def __init__(self, W: Array) -> None:
        self.parts = [InADictionary(W)]
        self.params = [{"W": W}]
        self.grads: Any = [{}]

    def forward(self, x: Array) -> Array:
        return self.parts[0].forward(x)

    def backward(self, dout: Array) -> Any:
        given = self.parts[0].backward(dout)
        self.grads[0]["W"] = given["W"]
        return given["x"], []


def test_gradients_in_step_with_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audit(Group, **DIMS).kind == "equal"
    monkeypatch.setattr(InADictionary, "factor", 2)
    assert audit(Group, **DIMS).kind == "different"
