"""Code that no proof covers: drawn at random, read from files, decided by the data."""

from __future__ import annotations

import numpy as np

import symderive as sd
from tests.audit import right


class Shuffles:
    """A draw that is no array of numbers."""

    def forward(self, x):
        self.order = np.random.permutation(3)
        return x[self.order]

    def backward(self, dout):
        return dout[np.argsort(self.order)]


class ReadsFile:
    def forward(self, x):
        self.w = np.load("weights.npy")
        return x * self.w

    def backward(self, dout):
        return dout * self.w


class DataDecides:
    def forward(self, x):
        self.flip = float(x.sum()) > 0
        return -x if self.flip else x * 1

    def backward(self, dout):
        return -dout if self.flip else dout * 1


class Solve:
    """np.linalg.solve is not in the calculus; the numbers agree."""

    def forward(self, A, x):
        self.A = A + 5 * np.eye(3)
        self.y = np.linalg.solve(self.A, x)
        return self.y

    def backward(self, dout):
        dx = np.linalg.solve(self.A.T, dout)
        return -np.outer(dx, self.y), dx


class OneHotOrLabels(right.CrossEntropy):
    """argmax of the data."""

    def forward(self, x, t):
        return super().forward(x, t.argmax(axis=1))


CASES = (
    (Shuffles, {"x": "3"}, "randomness"),
    (ReadsFile, {"x": "n"}, "weights.npy"),
    (DataDecides, {"x": "n"}, "depends on the data"),
    (Solve, {"A": "3 3", "x": "3"}, "solve"),
    (OneHotOrLabels, {"x": "b n", "t": sd.simplex("b n")}, "argmax"),
)
