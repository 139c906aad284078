"""What a derivation makes grows about as the number of statements does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.index import limits

Array = Any


def decaying(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        s = x[0]
        for t in range(1, rounds):
            s = s + x[t] * np.exp(-s)
        return s

    return forward


def nested(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for _ in range(rounds):
            x = np.tanh(x)
        return x

    return forward


def squared(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for _ in range(rounds):
            x = 0.1 * (x + x * x)
        return x

    return forward


def guarded(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for k in range(rounds):
            x = np.where(x > k, x * 0.5, x + 1)
        return x

    return forward


def centred(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for _ in range(rounds):
            x = x - x.mean(-1, keepdims=True)
        return x

    return forward


def interest(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for _ in range(rounds):
            x = x * 1.01 + 0.1
        return x

    return forward


def kinked(rounds: int) -> Callable[[Array], Array]:
    def forward(x):
        for _ in range(rounds):
            x = np.sqrt(np.abs(x) - x + 1)
        return x

    return forward


GROWING = {
    "kinked": (kinked, "n"),
    "centred": (centred, "b n"),
    "interest": (interest, "n"),
    "guarded": (guarded, "n"),
    "decaying": (decaying, "16 b"),
    "nested": (nested, "n"),
    "squared": (squared, "n"),
}


def made(forward: Callable[..., Array], dims: str) -> int:
    """How many expressions a derivation makes."""
    before = limits._calls
    sd.derive(forward, x=dims)
    return limits._calls - before


@pytest.mark.parametrize("name", GROWING)
def test_twice_the_statements_make_about_twice_the_expressions(name: str) -> None:
    rounds, dims = GROWING[name]
    assert made(rounds(10), dims) < 3.5 * made(rounds(5), dims)


def test_many_rounds_of_decimals_keep_their_value() -> None:
    """Numerator and denominator are each beyond float64; their quotient is not."""
    module = sd.derive(interest(200), x="n").build()
    (dx,) = module.bwd(module.fwd(np.ones(2))[1], np.ones(2))
    np.testing.assert_allclose(dx, 1.01**200, rtol=1e-12)
    certificate = sd.derive(interest(160), x="n").verify(quick=True)
    assert certificate.ok
