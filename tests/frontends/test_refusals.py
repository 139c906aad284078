"""What is refused is refused in the user's words, at the user's line; and what was refused as a
defect of ours derives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.errors import SymderiveError

from .slopes import derived_and_compared

Array = Any
OURS = re.compile(r"defect|Traceback|\w′′|\w'{2,}|%\d|Fraction")  # words that no user can act on
HERE = re.compile(r"test_refusals\.py:\d+: ")
RNG = np.random.default_rng(0)
Q, X, T = RNG.normal(size=(5, 4)), RNG.normal(size=(3, 5)), np.array([0, 2, 1])
BELOW_3 = sd.integers("b", below=3)


def divided(x):
    return x / 0


def divided_by_a_length(x):
    return x / (x.shape[0] - x.shape[0])


def known_elsewhere(x):
    return special.gammaln(x)


def middle(x):
    return np.median(x)


def place_of_the_largest(x):
    return x[np.argmax(x)]


def reshaped_in_place(x):
    y = x * 2
    y.shape = (-1, 1)
    return y


def any_number(*xs):
    return xs[0]


def with_text(x):
    return x + "a"


REFUSED: list[Callable[..., Array]] = [
    *(divided, divided_by_a_length, known_elsewhere, middle, place_of_the_largest),
    *(reshaped_in_place, with_text),
]


@pytest.mark.parametrize("forward", REFUSED, ids=lambda f: f.__name__)
def test_a_refusal_is_in_the_users_words(forward: Callable[..., Array]) -> None:
    with pytest.raises(SymderiveError) as caught:
        sd.derive(forward, x="n")
    message = str(caught.value)
    assert HERE.search(message)
    assert not OURS.search(message)
    assert "Did you mean" not in message  # the name is there, and is spelled as it should be


@pytest.mark.parametrize("domains", [{}, {"xs": "n"}], ids=["none", "given"])
def test_any_number_of_arrays_is_refused(domains: dict[str, str]) -> None:
    with pytest.raises(SymderiveError, match=r"\*xs, any number of arrays"):
        sd.derive(any_number, **domains)


def test_labels_that_reach_too_far_are_refused() -> None:
    with pytest.raises(SymderiveError, match=r"labels t stay below 3"):
        sd.derive(lambda x, t: x[t], x="2", t=BELOW_3)


def quaternion(q):
    w, x, y, z = np.split(q / np.linalg.norm(q, axis=1, keepdims=True), 4, axis=1)
    rows = [
        *(1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        *(2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        *(2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    ]
    return np.concatenate(rows, axis=1).reshape(q.shape[0], 3, 3)


def six_parts(x):
    return np.stack([x, 2 * x, x * x, x + 1, -x, x**3]).reshape(3, 2, -1)


def picked(x, t):
    return np.take_along_axis(x, t[:, None], axis=1)[:, 0] * 2


def cross_entropy(x, t):
    e = np.exp(x)
    return -np.log(e[np.arange(x.shape[0]), t] / e.sum(-1)).mean()


def zero_norm(x):
    return np.linalg.norm(x, ord=0) * x


CASES = [
    (quaternion, {"q": "b 4"}, [Q]),
    (six_parts, {"x": "n"}, [X[0]]),
    (picked, {"x": "b n", "t": BELOW_3}, [X, T]),
    (cross_entropy, {"x": "b n", "t": BELOW_3}, [X, T]),
    (zero_norm, {"x": "n"}, [X[0]]),
    (special.expit, {"x": "n"}, [X[0]]),
    (np.hypot, {"x1": "n", "x2": "n"}, [X[0], X[1]]),
]


@pytest.mark.parametrize(("forward", "domains", "inputs"), CASES)
def test_what_was_called_a_defect_derives(
    forward: Callable[..., Array], domains: dict[str, Any], inputs: list[Array]
) -> None:
    assert derived_and_compared(forward, domains, inputs).verify(quick=True).ok


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_an_axis_that_labels_do_not_fit_is_refused(target: str) -> None:
    kernel = sd.derive(lambda x, t: x[t] * 2, x="n", t=BELOW_3).build(target)
    with pytest.raises(ValueError, match="n of at least 3"):
        kernel(np.ones(2), np.array([0, 1]))
