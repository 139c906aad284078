"""Expressions that grow out of hand are given up, and are not written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.audit import decide
from symderive.calculus.normal import TooLarge
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor

Array = Any
LONGEST = 200  # characters


class SoftmaxByLoops:
    """Each element by itself, as C is written: every line holds the one before it twice."""

    sign = -1

    def forward(self, x: Array) -> Array:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, dp: Array) -> Array:
        ds = np.zeros_like(dp)
        for b in range(2):
            for i in range(3):
                for j in range(3):
                    own = 1.0 if i == j else 0.0
                    ds[b, j] += self.p[b, i] * (own + self.sign * self.p[b, j]) * dp[b, i]
        return ds


@pytest.mark.parametrize(("sign", "kind"), [(-1, "equal"), (1, "different")])
def test_loops_over_numbers_are_judged_and_told_in_short(sign: int, kind: str) -> None:
    class Loops(SoftmaxByLoops):
        pass

    Loops.sign = sign
    verdict = sd.audit(Loops, x="2 3")
    assert verdict.kind == kind
    (finding,) = verdict.findings
    assert len(finding.code) < LONGEST and len(finding.proof) == (kind == "equal")
    assert finding.counterexample is not None or kind == "equal"


def test_a_denominator_is_not_multiplied_out_at_any_price() -> None:
    index = Index(Dim("n"))
    held = [Tensor(f"t{k}", (Dim("n"),))[index] for k in range(50)]
    base = nodes.add(*held)
    assert decide._times(held[0] / base, nodes.power(base, nodes.MINUS_ONE)) is held[0]
    with pytest.raises(TooLarge):
        decide._times(base, nodes.power(base, nodes.num(-2)))


class ConvolutionByLoops:
    """A correlation in two dims, each element of the output by itself."""

    def forward(self, x: Array, w: Array) -> Array:
        self.x, self.w = x, w
        out = np.zeros((6, 6))
        for i in range(6):
            for j in range(6):
                out[i, j] = np.sum(x[i : i + 3, j : j + 3] * w)
        return out

    def backward(self, dout: Array) -> Any:
        dx, dw = np.zeros_like(self.x), np.zeros_like(self.w)
        for i in range(6):
            for j in range(6):
                dx[i : i + 3, j : j + 3] += dout[i, j] * self.w
                dw += dout[i, j] * self.x[i : i + 3, j : j + 3]
        return dx, dw


def test_what_would_take_minutes_is_left_to_the_numbers() -> None:
    verdict = sd.audit(ConvolutionByLoops, x="8 8", w="3 3")
    assert verdict.kind == "cannot tell"
    assert "would take minutes to derive" in verdict.obstacle
    assert all("agrees" in f.reason for f in verdict.findings)
