"""Code that computes in float32 is judged as such; where nothing can be compared, that is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


class Softmax:
    def forward(self, x: Array) -> Array:
        x = x.astype(np.float32)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout: Array) -> Array:
        return self.y * (dout - (self.y * dout).sum(1, keepdims=True))


class SoftmaxOfOneElement(Softmax):
    def backward(self, dout: Array) -> Array:
        return self.y * (dout - self.y * dout)


class Sevenfold(Softmax):
    def backward(self, dout: Array) -> Array:
        return 7 * dout


class Sorted(Softmax):
    def forward(self, x: Array) -> Array:
        return super().forward(x + 0 * np.sort(x, 1))


class SortedAndWrong(Sorted, SoftmaxOfOneElement):
    pass


class Stairs:
    def forward(self, x: Array) -> Array:
        return np.floor(1e7 * x) + 0 * np.sort(x, 1)

    def backward(self, dout: Array) -> Array:
        return 123 * dout


class Far:
    def forward(self, x: Array) -> Array:
        self.x = x
        return 1e9 + 0 * np.sort(x, 1) + x**2

    def backward(self, dout: Array) -> Array:
        return -2 * self.x * dout


class RoundedBack:
    def forward(self, x: Array) -> Array:
        self.x = x
        return x**2

    def backward(self, dout: Array) -> Array:
        return (2 * self.x * dout).astype(np.float32)


class Half:
    def forward(self, x: Array) -> Array:
        self.x = x.astype(np.float16)
        return self.x * self.x

    def backward(self, dout: Array) -> Array:
        return (2 * self.x * dout).astype(np.float16)


class HalfAndTooSmall(Half):
    def backward(self, dout: Array) -> Array:
        return (1.7 * self.x * dout).astype(np.float16)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Softmax, "equal"),
        (SoftmaxOfOneElement, "different"),
        (Sevenfold, "different"),
        (RoundedBack, "equal"),
        (Half, "equal"),
        (HalfAndTooSmall, "different"),
        (Sorted, "cannot tell"),
        (SortedAndWrong, "cannot tell"),
    ],
)
def test_single_precision_is_neither_an_error_nor_an_excuse(layer: Any, kind: str) -> None:
    assert sd.audit(layer, x="b n").kind == kind


def test_what_cannot_be_traced_is_compared_in_its_own_precision() -> None:
    assert "it agrees with central differences" in sd.audit(Sorted, x="b n").text()
    assert "it differs from central differences" in sd.audit(SortedAndWrong, x="b n").text()


def test_nothing_to_compare_is_no_agreement() -> None:
    text = sd.audit(Stairs, x="b n").text()
    assert "tell no slope that could be compared" in text and "agrees" not in text


def test_a_report_does_not_contradict_itself() -> None:
    verdict = sd.audit(Far, x="b n")
    assert verdict.kind == "different"
    assert "agrees" not in verdict.text() and "1e-14" not in verdict.text()


class SigmoidByExp:
    def forward(self, x: Array) -> Array:
        self.x, e = x, np.exp(-x)
        return 1 / (1 + e)

    def backward(self, dout: Array) -> Array:
        e = np.exp(-self.x)
        return dout * e / (1 + e) ** 2


class Sigmoid(SigmoidByExp):
    def backward(self, dout: Array) -> Array:
        y = 1 / (1 + np.exp(-self.x))
        return dout * y * (1 - y)


class Quotient:
    """(eˣ - 1) / x, whose forward keeps its digits near 0."""

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.expm1(x) / x

    def backward(self, dout: Array) -> Array:
        x = self.x
        return dout * (x * np.exp(x) - (np.exp(x) - 1)) / x**2


@pytest.mark.parametrize(("layer", "seen"), [(SigmoidByExp, "nan"), (Quotient, "e-08")])
def test_a_backward_that_is_right_on_paper_alone_is_equal_but(layer: Any, seen: str) -> None:
    verdict = sd.audit(layer, x="n")
    assert verdict.kind == "equal" and seen in verdict.but
    assert "equal, but" in verdict.text()


def test_a_backward_that_keeps_its_digits_is_equal() -> None:
    verdict = sd.audit(Sigmoid, x="n")
    assert verdict.kind == "equal" and not verdict.but, verdict.text()
