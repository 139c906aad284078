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


GROWING = {
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
