"""What would take hours or fill the memory ends in a sentence that says how far it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import InputError, LimitError, NotSupportedError
from symderive.frontends import context
from symderive.index import limits

Array = Any


def doubled(x):
    for _ in range(20):
        x = 0.1 * (x + x * x)
    return x


def far_away(x):
    return x[10**18]


def far_from_the_end(x):
    return x[-(10**12)]


def long_rows(x):
    return np.exp(x.reshape(-1, 10**9)).sum(-1)


def long_slice(x):
    return x[: 10**10].sum()


def wide(x):
    return (x[:, None, None] * x[None, :, None] * x).sum()


LARGE = {
    far_away: "n", far_from_the_end: "n", long_rows: "n", long_slice: "n",
    wide: "4096",
}  # fmt: skip


@pytest.mark.parametrize("forward", LARGE, ids=lambda f: f.__name__)
def test_large_numbers_are_refused_before_memory_is_taken(forward: Callable[..., Array]) -> None:
    with pytest.raises(LimitError, match=r"holds more than 67,108,864 elements"):
        sd.derive(forward, x=LARGE[forward])


def test_long_and_large_numbers_are_refused() -> None:
    with pytest.raises(LimitError, match="beyond what float64 holds"):
        sd.derive(lambda x: x * 1e200 * 1e200, x="n")
    with pytest.raises(LimitError, match="more than 4,200 digits"):
        sd.derive(lambda x: x * 10**5000, x="n")


@pytest.mark.parametrize("copies", [np.tile, np.repeat], ids=lambda f: f.__name__)
def test_a_number_of_copies_costs_nothing(copies: Callable[..., Array]) -> None:
    def total(x):
        return copies(np.exp(x), 10**9).sum()

    derivation = sd.derive(total, x="n")
    x = np.array([0.0, 1.0])
    module = derivation.build()
    (dx,) = module.bwd(module.fwd(x)[1], np.array(1.0))
    np.testing.assert_allclose(dx, 1e9 * np.exp(x))


def test_the_number_of_expressions_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_MADE", 20_000)
    with pytest.raises(LimitError, match=r"doubled was stopped: 20,000 expressions were made"):
        sd.derive(doubled, x="n")


def test_what_is_held_in_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_HELD", 100)
    with pytest.raises(LimitError, match=r"100 expressions are held in memory"):
        sd.derive(doubled, x="n")


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(limits.SECONDS, "0.02")
    with pytest.raises(LimitError, match=r"0\.02 seconds are over .*SYMDERIVE_SECONDS"):
        sd.derive(doubled, x="n")


def test_what_nests_too_deeply_is_refused() -> None:
    def deeper(depth: int) -> int:
        return deeper(depth + 1) + 1

    with pytest.raises(LimitError, match="nested more deeply"), limits.bounded("f"):
        deeper(0)


@pytest.mark.parametrize("given", ["many", "-1", "nan", "0"])
def test_a_time_must_be_a_number(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(limits.SECONDS, given)
    with pytest.raises(InputError, match=f"SYMDERIVE_SECONDS={given} must be"):
        sd.derive("softmax")


def test_values_of_a_loop_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MOST_VALUES", 50)

    def stacked(x):
        return np.stack([x * float(k) for k in range(60)])

    with pytest.raises(NotSupportedError, match=r"test_limits\.py:\d+: .*intermediate values"):
        sd.derive(stacked, x="n")


def test_a_far_place_is_verified_on_a_long_axis() -> None:
    assert sd.derive(lambda x: np.sin(x[300]), x="n").verify(quick=True).ok


def test_a_place_beyond_is_not_verified() -> None:
    with pytest.raises(LimitError, match="no axis of up to 2048 elements"):
        sd.derive(lambda x: np.sin(x[3000]), x="n").verify(quick=True)
