"""Numbers that nobody gave are tried at other values; the verdict says which it holds for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


class Dropout:
    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def forward(self, x: Array, mask: Array) -> Array:
        self.mask = mask
        return x * mask / (1 - self.p)

    def backward(self, dout: Array) -> Array:
        return dout * self.mask / (1 - self.p)


class DropoutOfTheOthers(Dropout):
    def backward(self, dout: Array) -> Array:
        return dout * self.mask / self.p


class Scaled:
    def forward(self, x: Array, scale: float = 1.0) -> Array:
        self.x = x
        return scale * np.tanh(x)

    def backward(self, dout: Array) -> Array:
        return dout * (1 - np.tanh(self.x) ** 2)


class Power:
    def __init__(self, p: int = 2) -> None:
        self.p = p

    def forward(self, x: Array) -> Array:
        self.x = x
        return x**self.p

    def backward(self, dout: Array) -> Array:
        return 2 * self.x * dout


class Total:
    def __init__(self, axis: int = 1) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        self.x = x
        return x.sum(self.axis)

    def backward(self, dout: Array) -> Array:
        return np.expand_dims(dout, 1) * np.ones_like(self.x)


@pytest.mark.parametrize(
    ("layer", "dims", "where"),
    [
        (DropoutOfTheOthers, {"x": "b n", "mask": "b n"}, "p = 0.5"),
        (Scaled, {"x": "b n"}, "scale = 1.0"),
        (Power, {"x": "n"}, "p = 2"),
    ],
)
def test_what_is_right_at_the_default_alone_is_wrong(
    layer: Any, dims: dict[str, str], where: str
) -> None:
    verdict = sd.audit(layer, **dims)
    assert verdict.kind == "different"
    assert f"the two are equal at {where} alone" in verdict.text()
    name, value = where.split(" = ")
    chosen = sd.audit(layer, **dims, **{name: float(value)})
    assert chosen.kind == "equal"
    assert f"{name} = {float(value)}, as given" in chosen.text()


def test_the_verdict_says_which_numbers_it_holds_for() -> None:
    text = sd.audit(Dropout, x="b n", mask="b n").text()
    assert "p = 0.5, its default" in text
    assert "the verdict was the same with p = 0.375" in text


def test_a_number_that_the_code_does_not_take_says_nothing() -> None:
    verdict = sd.audit(Total, x="b n")  # there is no axis 2
    assert verdict.kind == "equal" and "axis = 1, its default" in verdict.text()


def normalised(x: Array, eps: float = 1e-5) -> Any:
    r = 1 / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return x * r, x


def normalised_back(dout: Array, cache: Array, eps: float = 1e-5) -> Array:
    x = cache
    r = 1 / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return r * dout - x * r**3 * (dout * x).mean(-1, keepdims=True)


@pytest.mark.parametrize("settings", [{}, {"eps": 0.3}])
def test_forward_and_backward_get_the_same_setting(settings: dict[str, float]) -> None:
    assert sd.audit((normalised, normalised_back), x="b n", **settings).kind == "equal"


class Loss:
    def __init__(self, average: bool = True, reduction: str = "mean", weight: Any = None) -> None:
        self.average, self.reduction, self.weight = average, reduction, weight

    def forward(self, x: Array, t: Array) -> Array:
        self.d = x - t
        total = np.sum(self.d**2)
        return total / self.factor()

    def factor(self) -> Any:
        whole = self.d.size if self.reduction == "mean" else 1
        return whole * (len(self.d) if self.average else 1)

    def backward(self, dout: Array) -> Array:
        return 2 * self.d * dout / self.factor()


class LossAlwaysAverages(Loss):
    def backward(self, dout: Array) -> Array:
        return 2 * self.d * dout / (self.factor() if self.average else self.factor() * len(self.d))


class LossKnowsTheMean(Loss):
    def forward(self, x: Array, t: Array) -> Array:
        self.d = x - t
        if self.reduction == "sum":
            return np.sum(self.d**2)
        return np.mean(self.d**2)

    def backward(self, dout: Array) -> Array:
        return 2 * self.d * dout / self.d.size


def test_truth_values_and_texts_are_tried_and_listed() -> None:
    text = sd.audit(Loss, x="b n", t="b n").text()
    assert "average = False" in text
    assert "weight = None, its default" in text and "reduction = 'mean', its default" in text


@pytest.mark.parametrize(
    ("layer", "where"), [(LossAlwaysAverages, "average = True"), (LossKnowsTheMean, "'mean'")]
)
def test_code_that_is_right_with_its_flags_alone_is_wrong(layer: Any, where: str) -> None:
    verdict = sd.audit(layer, x="b n", t="b n")
    assert verdict.kind == "different", verdict.text()
    assert f"{where} alone" in verdict.text()
