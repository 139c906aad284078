"""Every catalogue operator: its generated gradient against oracles that share nothing with it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.operators import CATALOGUE
from tests.oracles import differences, dual
from tests.oracles.closed_forms import FORMS
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like, inputs_for

pytestmark = pytest.mark.thinned(5)

SMALL = {"b": 3, "n": 4, "m": 2, "d": 3, "e": 2, "g": 2, "c": 2, "s": 3, "h": 2, "w": 2, "r": 2}
WIDE = {"b": 2, "n": 7, "m": 5, "d": 4, "e": 3, "g": 3, "c": 1, "s": 4, "h": 3, "w": 4, "r": 1}
SHAPES = {"small": (SMALL, (2,)), "wide": (WIDE, (2, 3)), "no batch": (SMALL, ())}
TOLERANCE = 1e-9


@cache
def module(name: str) -> Any:
    """The generated NumPy module of an operator, live."""
    return sd.derive(name).build("numpy")


def case(name: str, shape: str, seed: int = 0) -> tuple[Any, tuple[Any, ...], Any]:
    """A forward, inputs inside its domains, and a cotangent."""
    entry = CATALOGUE[name]
    lengths, batch = SHAPES[shape]
    inputs = inputs_for(entry.domains, lengths, seed, batch)
    return entry.forward, inputs, cotangent_like(entry.forward(*inputs), seed + 1)


def gradients(name: str, inputs: tuple[Any, ...], g: Any) -> tuple[Any, ...]:
    """The generated backward."""
    _, residuals = module(name).fwd(*inputs)
    found: tuple[Any, ...] = module(name).bwd(residuals, g)
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CATALOGUE)
def test_gradient_agrees_with_dual_numbers(name: str, shape: str) -> None:
    fn, inputs, g = case(name, shape)
    y, _ = module(name).fwd(*inputs)
    assert_same(name, (y,), (fn(*inputs),), TOLERANCE)
    assert_same(name, gradients(name, inputs, g), dual.vjp(fn, inputs, g), TOLERANCE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_gradient_agrees_with_central_differences(name: str) -> None:
    fn, inputs, g = case(name, "small", 2)
    expected = differences.central(fn, inputs, g)
    assert_same(name, gradients(name, inputs, g), expected, differences.CENTRAL_TOLERANCE)


@pytest.mark.parametrize("name", FORMS)
def test_gradient_agrees_with_the_form_derived_by_hand(name: str) -> None:
    _, inputs, g = case(name, "wide", 3)
    assert_same(name, gradients(name, inputs, g), FORMS[name](g, *inputs), TOLERANCE)


@pytest.mark.jax
@pytest.mark.parametrize("name", CATALOGUE)
def test_gradient_agrees_with_jax(name: str) -> None:
    from tests.oracles import jax_vjp

    fn, inputs, g = case(name, "small", 4)
    assert_same(name, gradients(name, inputs, g), jax_vjp.vjp(fn, inputs, g), TOLERANCE)


@pytest.mark.parametrize("name", ["softmax", "layer_norm_affine", "attention"])
def test_backward_can_be_called_twice_and_writes_to_nothing(name: str) -> None:
    _, inputs, g = case(name, "small", 5)
    before = [np.array(x) for x in (*inputs, g)]
    _, residuals = module(name).fwd(*inputs)
    first = [np.array(a) for a in module(name).bwd(residuals, g)]
    assert_same(name, tuple(module(name).bwd(residuals, g)), tuple(first), 0.0)
    assert all(map(np.array_equal, before, (*inputs, g)))
