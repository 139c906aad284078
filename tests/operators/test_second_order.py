"""Second order: the backward of an operator, derived again, against differences of the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.operators import CATALOGUE
from tests.oracles import differences, dual
from tests.oracles.compare import assert_same
from tests.oracles.sampling import cotangent_like, inputs_for

pytestmark = pytest.mark.thinned(4)

LENGTHS = {"b": 2, "n": 3, "m": 2, "d": 2, "e": 2, "s": 2}
AGAIN = (
    *("sigmoid", "tanh", "gelu", "silu", "softmax", "log_softmax", "logsumexp", "rms_norm"),
    *("l2_normalize", "mse", "cross_entropy", "poisson_nll", "dot_similarity", "cosine_similarity"),
)


@pytest.mark.parametrize("name", AGAIN)
def test_the_backward_can_be_derived_again(name: str) -> None:
    """Gradients of Σ v · dx(inputs, dy) by every input and by the cotangent."""
    entry = CATALOGUE[name]
    inputs = inputs_for(entry.domains, LENGTHS, 0, batch=(2,))
    dy = cotangent_like(entry.forward(*inputs), 1)
    first = next(iter(entry.domains))
    module = sd.derive(sd.derive(name).backward[first]).build("numpy")
    dx, residuals = module.fwd(*inputs, dy)
    assert_same(name, (dx,), dual.vjp(entry.forward, inputs, dy)[:1], 1e-9)
    v = cotangent_like(dx, 2)

    def gradient(*arguments: Any) -> Any:
        return dual.vjp(entry.forward, arguments[:-1], arguments[-1])[0]

    expected = differences.central(gradient, (*inputs, dy), v)
    assert_same(name, module.bwd(residuals, v), expected, differences.CENTRAL_TOLERANCE)


def test_the_hessian_of_cross_entropy_is_symmetric_and_annihilates_constants() -> None:
    """diag(p) - p pᵀ: each row sums to zero."""
    inputs = inputs_for(CATALOGUE["cross_entropy"].domains, {"b": 1, "n": 4}, 0)
    module = sd.derive(sd.derive("cross_entropy").backward["x"]).build("numpy")
    hessian = []
    for k in range(4):
        _, residuals = module.fwd(*inputs, np.array(1.0))
        hessian.append(module.bwd(residuals, np.eye(4)[k : k + 1])[0][0])
    p = np.exp(inputs[0][0]) / np.sum(np.exp(inputs[0][0]))
    np.testing.assert_allclose(hessian, np.diag(p) - np.outer(p, p), atol=1e-12)
