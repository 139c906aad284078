"""Axes whose end is joined to their start: rolls, and places that are counted from the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.calculus.normal import normal
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, idx, mod
from symderive.index.places import outside
from symderive.index.ranges import isolate

pytestmark = pytest.mark.thinned(4)

Array = Any
N = Dim("n")
PLACE, OTHER, SIZE = Index(N), Index(N, 1), nodes.size(N)
X, Y = Tensor("x", (N,)), Tensor("y", (N,))


def rolled_far(x: Array) -> Array:
    return np.roll(x, 7, axis=1) * np.roll(x, -5, axis=1)


def two_axes(x: Array) -> Array:
    return np.exp(np.roll(x, (1, -2), axis=(0, 1))) * x


def softmax_of_the_others(x: Array) -> Array:
    e = np.exp(np.roll(x, 1, axis=-1))
    return np.roll(x, 2, axis=-1) * e / e.sum(-1, keepdims=True)


def a_slice_of_a_roll(x: Array) -> Array:
    return np.roll(x, 1, axis=1)[:, 1:] * x[:, :-1]


def reversed_places(x: Array) -> Array:
    return x[:, -1 - np.arange(x.shape[1])] * x


def rows_around(x: Array) -> Array:
    return np.roll(x, 1, axis=0) @ x.T


def numbered(x: Array) -> Array:
    return np.roll(np.arange(x.shape[1]), 2) * np.sin(x)


FORWARDS = [
    *(rolled_far, two_axes, softmax_of_the_others, a_slice_of_a_roll, reversed_places),
    *(rows_around, numbered),
]


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("forward", FORWARDS)
def test_value_and_slope_for_any_length(forward: Any, target: str) -> None:
    module = sd.derive(forward, x="b n").build(target)
    for shape in ((3, 1), (1, 2), (2, 3), (4, 5), (2, 17)):
        x = np.random.default_rng(shape[1]).standard_normal(shape)
        y, residuals = module.fwd(x)
        np.testing.assert_allclose(y, forward(x), rtol=1e-12)
        dy = np.random.default_rng(7).standard_normal(y.shape)
        (dx,) = module.bwd(residuals, dy)
        step = 1e-6 * np.eye(x.size).reshape(-1, *shape)
        slope = [((forward(x + d) - forward(x - d)) * dy).sum() / 2e-6 for d in step]
        np.testing.assert_allclose(dx.ravel(), slope, rtol=1e-5, atol=1e-7)


def test_a_roll_is_written_as_a_roll() -> None:
    def lattice(x: Array) -> Array:
        return np.roll(x, 1, axis=0) + np.roll(x, -1, axis=1) - 2 * x

    text = sd.derive(lattice, x="h w").source()
    assert "np.roll(x, 1, axis=-2) + np.roll(x, -1, axis=-1) - 2 * x" in text
    assert "np.roll(dy, -1, axis=-2) + np.roll(dy, 1, axis=-1) - 2 * dy" in text


def test_rolls_of_rolls_are_one() -> None:
    assert mod(mod(idx(PLACE) - 1, SIZE) + 1, SIZE) is idx(PLACE)
    assert mod(2 * mod(idx(PLACE) + 3, SIZE) - SIZE, SIZE) is mod(2 * idx(PLACE) + 6, SIZE)
    assert mod(idx(PLACE) + 7, nodes.num(5)) is mod(idx(PLACE) - 3, nodes.num(5))
    shorter = SIZE - 1
    assert mod(idx(PLACE) + shorter, shorter) is mod(idx(PLACE), shorter)


def test_where_a_sum_starts_does_not_matter() -> None:
    def around(i: Any) -> Any:
        return mod(i, SIZE)

    one = nodes.sum_([PLACE], X[idx(PLACE)] * Y[around(idx(PLACE) + 2)])
    other = nodes.sum_([PLACE], X[around(idx(PLACE) - 3)] * Y[around(idx(PLACE) - 1)])
    assert normal(one) is normal(other)
    another = nodes.sum_([PLACE], X[idx(PLACE)] * Y[around(idx(PLACE) + 1)])
    assert normal(one) is not normal(another)
    assert normal(nodes.sum_([PLACE], X[around(idx(PLACE) + 4)])) is normal(
        nodes.sum_([PLACE], X[idx(PLACE)])
    )


def test_an_index_is_found_around_the_end_only_on_its_own_axis() -> None:
    place = mod(idx(PLACE) - 2, SIZE)
    assert isolate(place - idx(OTHER), [PLACE]) == (PLACE, mod(idx(OTHER) + 2, SIZE))
    assert isolate(mod(3 - idx(PLACE), SIZE) - idx(OTHER), [PLACE]) == (
        PLACE,
        mod(3 - idx(OTHER), SIZE),
    )
    assert isolate(place - idx(OTHER) - 1, [PLACE]) is None  # j + 1 may be n, which no place is
    longer = Index(Dim("m"))
    assert isolate(mod(idx(longer), SIZE) - idx(OTHER), [longer]) is None  # many m for one j
    assert not outside(X[place], [])
    assert outside(Tensor("z", (Dim("m"),))[place], []) == [0]


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_places_below_zero_count_from_the_end(target: str) -> None:
    def far_back(x: Array) -> Array:
        return x[:, np.arange(x.shape[1]) - 3] ** 2

    module = sd.derive(far_back, x="b n").build(target)
    x = np.arange(1.0, 9).reshape(2, 4)
    np.testing.assert_array_equal(module(x), far_back(x))
    with pytest.raises(ValueError, match=r"takes n of at least 3, not .*2"):
        module(x[:, :2])
    with pytest.raises(sd.errors.SymderiveError, match="out of range for an axis of length 2"):
        sd.derive(lambda x: x[np.arange(2) - 3], x="2")


class Flow:
    def forward(self, x: Array, v: Array) -> Array:
        self.x, self.v = x, v
        return v * (np.roll(x, -1, axis=1) - x)

    def backward(self, dout: Array) -> tuple[Array, Array]:
        x, v = self.x, self.v
        dx = np.zeros_like(x)
        dx[:, 1:] = (dout * v)[:, :-1]
        dx[:, 0] = dout[:, -1] * v[:, -1]
        dx -= dout * v
        return dx, dout * np.concatenate([x[:, 1:], x[:, :1]], axis=1) - dout * x


class TornFlow(Flow):
    def backward(self, dout: Array) -> tuple[Array, Array]:
        x, v = self.x, self.v
        dx = np.zeros_like(x)
        dx[:, 1:] = (dout * v)[:, :-1]
        return dx - dout * v, dout * np.roll(x, -1, axis=1) - dout * x


def test_hand_written_rolls_are_judged_however_they_are_written() -> None:
    assert sd.audit(Flow, x="b n", v="b n").ok
    assert not sd.audit(TornFlow, x="b n", v="b n").ok
