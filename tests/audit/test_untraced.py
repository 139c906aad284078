"""What cannot be run symbolically is different on strong evidence only."""

from __future__ import annotations

from typing import Any

import numpy as np

import symderive as sd
from tests.audit import right, unknown

Array = Any


class SolveWrong(unknown.Solve):
    def backward(self, dout: Array) -> Any:
        dx = np.linalg.solve(self.A, dout)
        return -np.outer(dx, self.y), dx


def test_what_differences_contradict_plainly_is_different() -> None:
    verdict = sd.audit(SolveWrong, A="3 3", x="3")
    assert verdict.kind == "different" and verdict.exit_code == 1
    assert "solve" in verdict.obstacle
    assert {f.verdict for f in verdict.findings} == {"different"}
    assert all("differs" in f.reason for f in verdict.findings)
    for finding in verdict.findings:
        example = finding.counterexample
        assert example is not None and example.derivative is None
        assert abs(example.code - example.difference) > 1e-2
        layer = SolveWrong()
        layer.forward(*(np.array(example.inputs[n], float) for n in ("A", "x")))
        gradients = layer.backward(np.array(example.inputs["dout"], float))
        place = tuple(int(k) for k in example.element[3:-1].split(","))
        assert gradients["Ax".index(finding.argument)][place] == example.code
    assert "the derivative is" not in verdict.text() and '"derivative": null' in verdict.json()


class SortedSum:
    """np.sort has no rule; the weights run along the order of the values."""

    def forward(self, x: Array) -> Array:
        self.order = np.argsort(x)
        return np.sum(np.sort(x) * np.arange(len(x)))

    def backward(self, dout: Array = 1) -> Array:
        dx = np.empty(len(self.order))
        dx[self.order] = np.arange(len(self.order))
        return dx


def test_a_default_cotangent_is_no_contradiction() -> None:
    verdict = sd.audit(SortedSum, x="n")
    assert verdict.kind == "cannot tell", verdict.text()
    assert any("its default" in a for a in verdict.assumed)


class Single(unknown.Solve):
    """Rounded to float32: noise is no contradiction."""

    def forward(self, A: Array, x: Array) -> Array:
        return super().forward(A, x).astype(np.float32)


def test_noise_is_no_contradiction() -> None:
    assert sd.audit(Single, A="3 3", x="3").kind == "cannot tell"


class OfThree(unknown.Solve):
    """Right, and made for one length only."""

    def forward(self, A: Array, x: Array) -> Array:
        self.A, self.n = A + 5 * np.eye(len(x)), len(x)
        self.y = np.linalg.solve(self.A, x)
        return self.y

    def backward(self, dout: Array) -> Any:
        if self.n != 3:
            raise ValueError("three")
        return super().backward(dout)


def test_a_backward_that_works_at_some_sizes_is_not_called_wrong() -> None:
    verdict = sd.audit(OfThree, A="n n", x="n")
    assert verdict.kind == "cannot tell", verdict.text()
    assert "of other sizes than n=3: " in verdict.obstacle and "three" in verdict.obstacle
    assert {f.verdict for f in verdict.findings} == {"cannot tell"}


def test_a_backward_that_never_works_is_wrong() -> None:
    class Never(OfThree):
        def backward(self, dout: Array) -> Any:
            raise ValueError("never")

    verdict = sd.audit(Never, A="n n", x="n")
    assert verdict.kind == "different"
    assert "backward fails on real arrays: " in verdict.obstacle


class DrawsAgain:
    """Each pass has a mask of its own."""

    def forward(self, x: Array) -> Array:
        return x * (np.random.rand(*x.shape) > 0.5)

    def backward(self, dout: Array) -> Array:
        return dout * (np.random.rand(*dout.shape) > 0.5)


def test_a_mask_that_backward_draws_anew_is_wrong() -> None:
    assert sd.audit(DrawsAgain, x="b n").kind == "different"


def test_loops_over_a_symbolic_length_are_decided_at_one_length() -> None:
    verdict = sd.audit(right.SoftmaxByLoops, x="n")
    assert verdict.kind == "equal", verdict.text()
    assert any("n = 3: the code loops over it" in a for a in verdict.assumed)


class Validates:
    def forward(self, x: Array) -> Array:
        if np.any(x < 0):
            raise ValueError("roots of negative numbers")
        self.x = x
        return np.sqrt(x)

    def backward(self, dout: Array) -> Array:
        if not np.all(dout < 1e9):
            raise OverflowError
        return dout * 0.5 / np.sqrt(self.x)


class ValidatesAndIsWrong(Validates):
    def backward(self, dout: Array) -> Array:
        return super().backward(dout) * 2


def test_a_decision_that_only_validates_is_taken() -> None:
    verdict = sd.audit(Validates, x=sd.positive("n"))
    assert verdict.kind == "equal", verdict.text()
    assert sum("else the code raises" in a for a in verdict.assumed) == 2
    assert sd.audit(ValidatesAndIsWrong, x=sd.positive("n")).kind == "different"
