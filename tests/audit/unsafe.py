"""Layers whose gradient is right, and whose code touches arrays that are not its own."""

from __future__ import annotations

import numpy as np

from tests.audit import right
from tests.audit.helpers import softmax


class ReluTextbook:
    """Of "Deep Learning from Scratch": the cotangent is overwritten, and returned."""

    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx


class SoftmaxSpoilsOutput:
    def forward(self, x):
        self.out = softmax(x)
        return self.out

    def backward(self, dout):
        dx = self.out
        dx *= dout - np.sum(dout * self.out, axis=1, keepdims=True)
        return dx.copy()


class SoftmaxReturnsSaved(SoftmaxSpoilsOutput):
    def backward(self, dout):
        dx = self.out
        dx *= dout - np.sum(dout * self.out, axis=1, keepdims=True)
        return dx


class SoftmaxSpoilsInput:
    """forward centres its own argument."""

    def forward(self, x):
        x -= x.max(axis=1, keepdims=True)
        e = np.exp(x)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (self.y * dout).sum(axis=1, keepdims=True))


class SigmoidSpoilsCotangent(right.Sigmoid):
    def backward(self, dout):
        dout *= self.out
        dout *= 1 - self.out
        return dout + 0


class SquareSpoilsSaved:
    def forward(self, x):
        self.x = x.copy()
        return x * x

    def backward(self, dout):
        self.x *= 2
        return dout * self.x


class ScaleReturnsParameter:
    """Σ w x: the gradient is w, and w is handed out."""

    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        return np.sum(self.w * x)

    def backward(self, dout):
        self.dw = dout * self.x
        dx = self.w
        dx *= dout
        return dx


class LossDoublesCotangent:
    """The cotangent of a loss may be an array without axes."""

    def forward(self, x):
        self.x = x
        return np.sum(x**2)

    def backward(self, dout):
        dout *= 2
        return dout * self.x


class SpoilsPart:
    """The part keeps its input, and a second backward would find another one."""

    def __init__(self, W):
        self.part = right.Affine(W, 0)

    def forward(self, x):
        return self.part.forward(x * 1.0)

    def backward(self, dout):
        dx = self.part.backward(dout)
        self.part.x -= self.part.x.mean()
        return dx


class SavesCotangent(right.Affine):
    """The gradient of the bias of one row is the cotangent itself."""

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout
        return dout @ self.W.T


CASES = (
    (ReluTextbook, {"x": "b n"}, "writes to the cotangent"),
    (SoftmaxSpoilsOutput, {"x": "b n"}, "writes to self.out"),
    (SoftmaxReturnsSaved, {"x": "b n"}, "shares its memory with self.out"),
    (SoftmaxSpoilsInput, {"x": "b n"}, "forward writes to its argument x"),
    (SigmoidSpoilsCotangent, {"x": "b n"}, "writes to the cotangent"),
    (SquareSpoilsSaved, {"x": "n"}, "writes to self.x"),
    (ScaleReturnsParameter, {"x": "n", "w": "n"}, "writes to the argument w"),
    (LossDoublesCotangent, {"x": "n"}, "writes to the cotangent"),
    (SpoilsPart, {"x": "b n", "W": "n m"}, "self.part.x"),
    (SavesCotangent, {"x": "b n", "W": "n m", "b": "b m"}, "self.db shares its memory"),
)
