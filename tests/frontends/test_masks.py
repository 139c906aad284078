"""Truth values as an argument: declared, or told by their use; every target computes with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import InputTypeError

pytestmark = pytest.mark.thinned(3)

Array = Any
TARGETS = ("numpy", "numpy-tuned", "c")
X = np.array([[0.5, -1.0, 2.0], [1.5, -0.25, 3.0]])
M = np.array([[False, True, True], [True, False, True]])


def chosen(x, m):
    return np.where(m, x * x, 0.0)


def left_out(x, m):
    return np.where(~m, x * x, 1.0) * x


def masked_sum(x, m):
    return (x * x)[m].sum()


def masked_mean(x, m):
    return np.sum(x * x, axis=-1, where=m) / m.sum(-1)


def both(x, m):
    return np.where(m & (x > 0), x**3, 0)


def masked_softmax(x, m):
    e = np.exp(np.where(m, x, -np.inf))
    return e / e.sum(-1, keepdims=True)


def written_under(x, m):
    y = x * 1.0
    y[m] *= 3
    return y * x


FORWARDS = [chosen, left_out, masked_sum, both, masked_softmax, written_under]


@pytest.mark.parametrize("domain", ["b n", sd.boolean("b n")], ids=["told by its use", "declared"])
@pytest.mark.parametrize("forward", FORWARDS, ids=lambda f: f.__name__)
def test_value_and_gradient(forward: Callable[..., Array], domain: Any) -> None:
    derivation = sd.derive(forward, x="b n", m=domain)
    assert derivation.verify(quick=True).ok
    step = 1e-6
    for target in TARGETS:
        kernel = derivation.build(target)
        y, residuals = kernel.fwd(X, M)
        np.testing.assert_allclose(y, forward(X, M))
        np.testing.assert_array_equal(y, kernel.fwd(X, M.astype(int))[0])
        dy = np.linspace(0.5, 1.0, np.size(y)).reshape(np.shape(y))
        (dx,) = kernel.bwd(residuals, dy)
        for place in np.ndindex(X.shape):
            moved = np.zeros_like(X)
            moved[place] = step
            slope = np.sum((forward(X + moved, M) - forward(X - moved, M)) * dy) / (2 * step)
            np.testing.assert_allclose(dx[place], slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("target", TARGETS)
def test_the_values_of_a_mask_are_checked(target: str) -> None:
    kernel = sd.derive(chosen, x="b n", m="b n").build(target)
    with pytest.raises((TypeError, InputTypeError), match=r"\bm\b.* truth values"):
        kernel.fwd(X, X)
    with pytest.raises(ValueError, match=r"\bm\b"):
        kernel.fwd(X, M * 2)


def test_counting_a_mask() -> None:
    derivation = sd.derive(masked_mean, x="b n", m=sd.boolean("b n"))
    np.testing.assert_allclose(derivation.build()(X, M), masked_mean(X, M))


def test_a_number_that_also_chooses_stays_a_number() -> None:
    def inverse(x):
        return np.where(x, 1 / np.where(x, x, 1.0), 0.0)

    derivation = sd.derive(inverse, x="n")
    module = derivation.build()
    x = np.array([2.0, 0.0, -4.0])
    y, residuals = module.fwd(x)
    np.testing.assert_array_equal(y, [0.5, 0.0, -0.25])
    np.testing.assert_allclose(module.bwd(residuals, np.ones(3))[0], [-0.25, 0.0, -1 / 16])


def test_the_proof_says_what_a_mask_is() -> None:
    derivation = sd.derive(chosen, x="n", m=sd.boolean("n"))
    assert "truth values" in derivation.markdown()
    assert "真值" in derivation.markdown("zh")
