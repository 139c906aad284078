"""The log of a sum over a quotient of exponentials, where numerator and denominator are large."""

from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any
INF = np.inf


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def zero_inflated(lam, p):
    s = sigmoid(p)
    return np.log(s + (1 - s) * np.exp(-np.exp(lam)))


def half_more(x):
    return np.log(sigmoid(x) + 0.5)


def one_more(x):
    return np.log(1 + sigmoid(x))


def mixed(x, a, c):
    s = sigmoid(x)
    return np.log(s * np.exp(a) + (1 - s) * np.exp(c))


def of_two(x, y):
    return np.log(sigmoid(x) + sigmoid(y))


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize(
    ("forward", "inputs", "wanted"),
    [
        (zero_inflated, ([10, 20, 89, -90], [0.5] * 4), [-0.47407696] * 3 + [0]),
        (half_more, ([1e3, 1e5, 1e7, INF, -1e5],), [0.4054651] * 4 + [-0.6931472]),
        (one_more, ([1e3, 1e5, 1e7, INF, -1e5],), [0.6931472] * 4 + [0]),
        (mixed, ([0.5, 1000, -1e6], [-INF, 800, 2], [0.3, 900, 1]), [-0.674077, 800, 1]),
        (of_two, ([1e6, INF, -1e6], [0, 0, 1e6]), [0.4054651, 0.4054651, 0]),
    ],
)
def test_it_neither_cancels_nor_overflows(forward, inputs, wanted, target):
    names = forward.__code__.co_varnames[: forward.__code__.co_argcount]
    module = sd.derive(forward, **dict.fromkeys(names, "n")).build(target)
    with np.errstate(over="ignore"):
        y = module(*(np.array(a, np.float32) for a in inputs))
    np.testing.assert_allclose(y, wanted, rtol=3e-6, atol=1e-6)
