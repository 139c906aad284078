"""Operators defined only in the tests: their gradients must be found from the NumPy text alone."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from tests.operators.unseen import UNSEEN
from tests.oracles import differences, dual
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like, inputs_for

pytestmark = pytest.mark.thinned(5)

LENGTHS = {"b": 4, "n": 5, "m": 3, "d": 3, "e": 2, "c": 2, "s": 3, "h": 3, "w": 4, "k": 2, "t": 3}


@pytest.mark.parametrize("name", UNSEEN)
def test_gradient_of_an_unseen_operator(name: str) -> None:
    case = UNSEEN[name]
    inputs = inputs_for(case.domains, LENGTHS, 0)
    y = case.forward(*inputs)
    g = cotangent_like(y, 1)
    module = sd.derive(case.forward, **case.domains).build("numpy")
    found, residuals = module.fwd(*inputs)
    assert_same(name, (found,), (y,), 1e-9)
    assert_same(name, module.bwd(residuals, g), dual.vjp(case.forward, inputs, g), 1e-8)


@pytest.mark.parametrize("name", UNSEEN)
def test_the_oracle_itself_is_right(name: str) -> None:
    case = UNSEEN[name]
    inputs = inputs_for(case.domains, LENGTHS, 0)
    y = case.forward(*inputs)
    assert np.all(np.isfinite(y))
    g = cotangent_like(y, 1)
    expected = differences.central(case.forward, inputs, g)
    assert_same(name, dual.vjp(case.forward, inputs, g), expected, 1e-5)
