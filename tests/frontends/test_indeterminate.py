"""Constants that are NaN in every element are refused where they stand, and not folded away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import InputError

WRITTEN = (
    *("inf*0 + x", "(inf - inf) + x", "x + inf - inf", "x*inf*0", "0*(inf*x)", "inf/inf + x"),
    *("5 % 0 * x", "5 // 0 * x", "0/0*x", "x/0", "0**-1*x", "(x - inf) + inf", "x*0/0"),
)
CALLED: tuple[Callable[[Any], Any], ...] = (
    lambda x: np.full_like(x, np.inf) * 0 + x,
    lambda x: np.zeros_like(x) / 0 + x,
    lambda x: np.mod(np.full_like(x, 5.0), 0) * x,
    lambda x: np.reciprocal(np.zeros_like(x)) + x,
    lambda x: np.sum(np.full_like(x, np.inf) * 0) + x,
    lambda x: x + np.power(np.zeros_like(x), -2),
)


@pytest.mark.parametrize("text", WRITTEN)
def test_formulas_that_are_nan_everywhere_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="in every element"):
        sd.parse(text, x="n")


@pytest.mark.parametrize("forward", CALLED)
def test_forwards_that_are_nan_everywhere_are_refused(forward: Callable[[Any], Any]) -> None:
    with pytest.raises(InputError, match="in every element"):
        sd.derive(forward, x="n")


def test_an_infinity_that_is_chosen_or_vanishes_is_none_of_these() -> None:
    d = sd.derive(
        lambda x: np.where(x > 0, x, -np.inf).max(-1) + np.exp(-np.inf) + 1 / np.inf, x="n"
    )
    y, _ = d.build().fwd(np.array([-1.0, 2.0]))
    assert y == 2
