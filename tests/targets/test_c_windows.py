"""Elements of a shorter array at shifted places: C reads none that is not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.operators.unseen import UNSEEN

Array = Any


@pytest.mark.parametrize(
    "name", ["total_variation", "two_steps_and_one", "rolled_twice", "second_difference"]
)
def test_c_gives_what_numpy_gives_at_the_ends(name: str) -> None:
    case = UNSEEN[name]
    derivation = sd.derive(case.forward, **case.domains)
    c, numpy = derivation.build("c"), derivation.build()
    for seed in range(30):  # what lies behind an array is not always harmful
        shape = (2, 3, 4) if name == "total_variation" else (2, 7)
        x = np.random.default_rng(seed).standard_normal(shape)
        y, residuals = numpy.fwd(x)
        value, saved = c.fwd(x)
        np.testing.assert_allclose(value, y, rtol=1e-12)
        (found,), (wanted,) = (m.bwd(r, y) for m, r in ((c, saved), (numpy, residuals)))
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)
