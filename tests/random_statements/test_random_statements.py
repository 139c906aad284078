"""Random functions of a second generator: right, or refused; `run.py` runs as many as one likes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.oracles import dual

from .check import check, differences
from .generator import LENGTHS, Function, write
from .run import how_of

FEW, MANY = 6, 60
SEEDS = [pytest.param(n, marks=[pytest.mark.long] if n >= FEW else []) for n in range(MANY)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_function_is_right_or_refused(seed: int) -> None:
    function = write(seed, 3 + seed % 7)
    targets, second = how_of(seed)
    verdict = check(function, targets, second, seed)
    assert not verdict.failed, f"{verdict.kind}: {verdict.message}\n{function.source}"
    assert verdict.kind != "unclear", f"{verdict.message}\n{function.source}"


def test_enough_of_them_derive() -> None:
    kinds = [check(write(seed, 3)).kind for seed in range(100, 110)]
    assert kinds.count("equal") >= 5, kinds


@pytest.mark.parametrize(
    "lines",
    [
        ("return np.tanh(x * z)",),
        ("y = x * 1.5", "v = y[..., ::-1]", "y *= 2", "return v * z"),
        ("return np.max(x * z, axis=-1) + x.sum()",),
    ],
)
def test_differences_agree_with_dual_numbers(lines: tuple[str, ...]) -> None:
    function = Function({"x": "b n", "z": "n"}, {}, lines)
    call = function.compiled()
    for seed, lengths in enumerate(LENGTHS):
        inputs = function.arrays(seed, lengths)
        g = np.ones(np.shape(call(*inputs)))
        for place, expected in enumerate(dual.vjp(call, inputs, g)):
            slope, smooth = differences(call, inputs, g, place)
            assert smooth.all()
            np.testing.assert_allclose(slope, expected, rtol=0, atol=1e-9)


def test_a_kink_is_not_compared() -> None:
    function = Function({"x": "n"}, {}, ("return np.abs(x - x.max())",))
    x = np.array([0.5, 0.5, -1.0])
    _, smooth = differences(function.compiled(), (x,), np.ones(3), 0)
    assert smooth.tolist() == [False, False, True]


@pytest.mark.parametrize("shift", [1e-4, 1e-6])
def test_a_wrong_kernel_is_seen(monkeypatch: pytest.MonkeyPatch, shift: float) -> None:
    function = Function({"x": "b n"}, {}, ("return np.tanh(x).sum(-1)",))
    assert check(function).kind == "equal"
    derive = sd.derive
    monkeypatch.setattr(sd, "derive", lambda call, **dims: derive(_shifted(shift), **dims))
    assert check(function).kind == "wrong"


def _shifted(by: float) -> Callable[[Any], Any]:
    return lambda x: np.tanh(x + by).sum(-1)
