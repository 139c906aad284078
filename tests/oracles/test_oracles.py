"""The oracles agree with each other and with hand-derived gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symderive.operators import CATALOGUE
from tests.oracles import differences, dual
from tests.oracles.closed_forms import FORMS
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like, inputs_for

LENGTHS = {"b": 3, "n": 4, "m": 2, "d": 3, "e": 2, "g": 2, "c": 2, "s": 3, "h": 2, "w": 2, "r": 2}
COMPLEX = (
    "softmax",
    "log_softmax",
    "layer_norm_affine",
    "attention",
    "kl_div",
    "rotary_embedding",
    "mish",
    "rms_norm",
)


def case(name: str, seed: int = 0) -> tuple[Any, tuple[Any, ...], Any]:
    """An operator's forward, inputs and a cotangent."""
    entry = CATALOGUE[name]
    inputs = inputs_for(entry.domains, LENGTHS, seed, batch=(2,))
    return entry.forward, inputs, cotangent_like(entry.forward(*inputs), seed + 1)


@pytest.mark.parametrize("name", CATALOGUE)
def test_dual_numbers_agree_with_central_differences(name: str) -> None:
    fn, inputs, g = case(name)
    assert_same(
        name,
        dual.vjp(fn, inputs, g),
        differences.central(fn, inputs, g),
        differences.CENTRAL_TOLERANCE,
    )


@pytest.mark.parametrize("name", COMPLEX)
def test_dual_numbers_agree_with_complex_steps(name: str) -> None:
    fn, inputs, g = case(name)
    expected = differences.complex_step(fn, inputs, g)
    assert_same(name, dual.vjp(fn, inputs, g), expected, differences.COMPLEX_TOLERANCE)


@pytest.mark.parametrize("name", FORMS)
def test_dual_numbers_agree_with_hand_derived_forms(name: str) -> None:
    fn, inputs, g = case(name)
    assert_same(name, dual.vjp(fn, inputs, g), FORMS[name](g, *inputs), 1e-11)


@pytest.mark.jax
@pytest.mark.parametrize("name", CATALOGUE)
def test_dual_numbers_agree_with_jax(name: str) -> None:
    from tests.oracles import jax_vjp

    fn, inputs, g = case(name)
    assert_same(name, dual.vjp(fn, inputs, g), jax_vjp.vjp(fn, inputs, g), 1e-11)


def test_in_place_code_keeps_its_tangent() -> None:
    def fn(x: Any) -> Any:
        out = np.zeros_like(x)
        out[1:] = x[:-1] ** 2
        out += x
        out[0] *= 3
        return out

    x = np.array([1.0, 2.0, 5.0])
    (dx,) = dual.vjp(fn, (x,), np.ones(3))
    np.testing.assert_allclose(dx, [3 + 2, 1 + 4, 1])


def test_an_unknown_function_is_an_error() -> None:
    with pytest.raises(TypeError, match="sort"):
        dual.vjp(lambda x: np.sort(x), (np.ones(2),), np.ones(2))


def test_a_wrong_gradient_is_caught() -> None:
    fn, inputs, g = case("softmax")
    (right,) = FORMS["softmax"](g, *inputs)
    y = fn(*inputs)
    with pytest.raises(AssertionError, match="off by"):
        assert_same("the diagonal alone", (y * (1 - y) * g,), (right,), 1e-6)
