"""What takes too long is compared by numbers; what never ends is given up."""

from __future__ import annotations

from typing import Any

import numpy as np

import symderive as sd
from symderive.frontends.array import Array as Symbolic

Array = Any


def spend(value: Any, forever: bool) -> None:
    while forever or isinstance(value, Symbolic):
        pass


class EndlessWhenSymbolic:
    def forward(self, x: Array) -> Array:
        spend(x, False)
        self.x = x
        return x * x

    def backward(self, dout: Array) -> Array:
        return 2 * self.x * dout


class WrongAndEndless(EndlessWhenSymbolic):
    def backward(self, dout: Array) -> Array:
        return self.x * dout


class Endless(EndlessWhenSymbolic):
    def forward(self, x: Array) -> Array:
        spend(x, True)
        return x


def test_numbers_must_do_where_the_time_is_up() -> None:
    verdict = sd.audit(EndlessWhenSymbolic, x="n", seconds=1)
    assert verdict.kind == "cannot tell" and "agrees" in verdict.findings[0].reason
    assert "--seconds" in verdict.obstacle
    assert sd.audit(WrongAndEndless, x="n", seconds=1).kind == "different"
    assert np.zeros(3).sum() == 0, "NumPy is itself again"


def test_what_never_ends_is_given_up() -> None:
    verdict = sd.audit(Endless, x="n", seconds=0.5)
    assert verdict.kind == "cannot tell" and "longer" in verdict.obstacle
