"""Layers whose gradient is right, and whose writes and views do no harm to anybody."""

from __future__ import annotations

import numpy as np

from tests.audit import right


class Identity:
    def forward(self, x):
        return x + 0.0

    def backward(self, dout):
        return dout


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1) * 1.0

    def backward(self, dout):
        return dout.reshape(*self.shape)


class SumOfAxis:
    """A stride-0 view of the cotangent: read-only, and one element for many."""

    def forward(self, x):
        self.shape = x.shape
        return x.sum(axis=1)

    def backward(self, dout):
        return np.broadcast_to(dout[:, None], self.shape)


class AddBoth:
    """Two gradients that are one array."""

    def forward(self, x, y):
        return x + y

    def backward(self, dout):
        return dout, dout


class PartWithGradients:
    """A part writes to gradients that it made room for."""

    def __init__(self, W):
        self.part = right.MatMul(W)

    def forward(self, x):
        return 2 * self.part.forward(x)

    def backward(self, dout):
        return self.part.backward(2 * dout)


class KeepsCount:
    """What backward writes is read by nobody."""

    def __init__(self):
        self.seen = np.zeros(3)
        self.last = None

    def forward(self, x):
        self.x, self.last = x, np.ones(3)
        return x * x

    def backward(self, dout):
        self.last[...] = 7.0
        return 2 * self.x * dout


CASES = (
    (Identity, {"x": "b n"}, "shares its memory with the cotangent"),
    (Flatten, {"x": "b c n"}, "shares its memory with the cotangent"),
    (SumOfAxis, {"x": "b n"}, "shares its memory with the cotangent"),
    (AddBoth, {"x": "b n", "y": "b n"}, "shares its memory with the cotangent"),
    (PartWithGradients, {"x": "b n", "W": "n m"}, ""),
    (KeepsCount, {"x": "n"}, ""),
)
