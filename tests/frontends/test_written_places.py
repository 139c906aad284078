"""Writing at places that are no stretch of an axis, and reading what is merged, cut or masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import InputError
from tests.frontends.slopes import derived_and_compared

Array = Any


def every_other(x: Array) -> Array:
    y = np.zeros_like(x)
    y[0::2] = x[0::2] ** 2
    return y


def over_every_other(x: Array) -> Array:
    y = x * 1
    y[::2] = np.sin(x[::2])
    return y


def scattered(x: Array) -> Array:
    y = x * 1
    y[[2, 0]] = x[[0, 1]] ** 2
    return y


def causal(s: Array) -> Array:
    s = s.copy()
    s[np.triu_indices(4, 1)] = -np.inf
    e = np.exp(s)
    return e / e.sum(-1, keepdims=True)


def causal_mask(s: Array) -> Array:
    length = s.shape[1]
    hidden = np.triu(np.ones((length, length)), 1).astype(bool)
    return np.where(hidden, 0, s) ** 2


def flat_labels(x: Array, t: Array) -> Array:
    n, steps, classes = x.shape
    return x.reshape(n * steps, classes)[np.arange(n * steps), t.reshape(n * steps)]


def first_three(x: Array) -> Array:
    return x[:, :3] ** 2


def nonzero(x: Array) -> Array:
    return np.where(x.astype(bool), x**2, 1.0)


R = np.random.default_rng(0).standard_normal
LABELS = np.array([[0, 1, 3], [2, 2, 1]])
CASES: dict[str, tuple[Callable[..., Array], dict[str, Any], list[Array]]] = {
    "every other of four": (every_other, {"x": "4 b"}, [R((4, 2))]),
    "every other": (every_other, {"x": "n b"}, [R((4, 2))]),
    "over every other": (over_every_other, {"x": "n"}, [R(6)]),
    "a list of places": (scattered, {"x": "3 b"}, [R((3, 2))]),
    "a triangle": (causal, {"s": "4 4"}, [R((4, 4))]),
    "a triangle of truth": (causal_mask, {"s": "n n"}, [R((3, 3))]),
    "labels of merged axes": (
        flat_labels,
        {"x": "b t n", "t": sd.integers("b t", below="n")},
        [R((2, 3, 4)), LABELS],
    ),
    "the first three": (first_three, {"x": "b n"}, [R((2, 5))]),
    "nonzero": (nonzero, {"x": "n"}, [R(4)]),
}


@pytest.mark.parametrize("name", CASES)
def test_value_gradient_and_certificate(name: str) -> None:
    assert derived_and_compared(*CASES[name]).verify(quick=True).ok


def test_a_slice_wants_an_axis_that_is_long_enough() -> None:
    module = sd.derive(first_three, x="b n").build()
    with pytest.raises(ValueError, match="takes n of at least 3, not 2"):
        module.fwd(np.ones((2, 2)))


def mirrored(x: Array, t: Array) -> Array:
    return x[t] * x[len(x) - 1 - t]


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_place_that_is_computed_from_a_label(target: str) -> None:
    module = sd.derive(mirrored, x="n", t=sd.integers("b", below="n")).build(target)
    x, t = np.arange(1.0, 6.0), np.array([0, 4, 3])
    y, residuals = module.fwd(x, t)
    np.testing.assert_array_equal(y, mirrored(x, t))
    (dx,) = module.bwd(residuals, np.ones(3))
    np.testing.assert_array_equal(dx, [10.0, 4.0, 0.0, 2.0, 2.0])


def test_a_place_beyond_the_end_is_refused() -> None:
    with pytest.raises(InputError, match="labels t may lie outside of dim 'n'"):
        sd.derive(lambda x, t: x[t + 1] ** 2, x="n", t=sd.integers("b", below="n"))


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(
    ("forward", "least"),
    [
        (lambda x: np.abs(np.diff(x)).max(), 2),
        (lambda x: np.lib.stride_tricks.sliding_window_view(x, 3).sum(-1), 3),
    ],
)
def test_a_maximum_of_nothing_and_a_window_of_less_have_no_value(
    forward: Callable[..., Array], least: int, target: str
) -> None:
    module = sd.derive(forward, x="n").build(target)
    with pytest.raises(ValueError, match=f"takes n of at least {least}, not"):
        module.fwd(np.ones(least - 1))
    x = np.arange(1.0, least + 1) ** 2
    np.testing.assert_allclose(module.fwd(x)[0], forward(x))
