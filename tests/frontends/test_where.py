"""where= and initial=: which elements take part, and where a result is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import NotSupportedError
from tests.frontends.slopes import derived_and_compared

Array = Any
X = np.array([[-1.5, -2.0, -0.5, -3.0], [1.5, -2.5, 0.5, 3.5]])
FORWARDS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda x: np.mean(x * x, axis=-1, where=x < 1),
    "mean over all": lambda x: x.mean(where=x < 1) * x,
    "mean keeps dims": lambda x: x - np.mean(x, axis=0, keepdims=True, where=x < 3),
    "sum": lambda x: np.sum(x * x, axis=0, where=x < 1),
    "var": lambda x: np.var(x, axis=1, where=x < 1),
    "var over all": lambda x: x.var(where=x < 1) * x,
    "std of a sample": lambda x: x * x.std(axis=0, ddof=1, keepdims=True, where=x < 3e3),
    "any": lambda x: np.where(np.any(x > 0, axis=1, keepdims=True, where=x < 1), x, 2 * x),
    "all": lambda x: np.where((x > 0).all(axis=1, keepdims=True, where=x < 1), x, 2 * x),
    "max that starts above all": lambda x: np.max(x, axis=-1, initial=-0.25, where=x < 3),
    "max whose mask holds everywhere": lambda x: np.max(x, axis=-1, initial=-0.25, where=x < 9),
    "initial alone": lambda x: np.min(x, axis=0, initial=-2.25) + np.max(x, axis=0, initial=0.0),
    "exp in part": lambda x: np.exp(x, where=x < 1, out=np.ones_like(x)) * x,
    "divide in part": lambda x: np.divide(1.0, x, where=x > 0, out=np.zeros_like(x)),
}


@pytest.mark.parametrize("name", FORWARDS)
def test_value_and_gradient(name: str) -> None:
    derived_and_compared(FORWARDS[name], {"x": "b n"}, [X])


def test_a_mask_may_be_an_argument() -> None:
    mask = np.array([[True, False, True, True], [False, True, True, False]])
    derivation = sd.derive(
        lambda x, m: np.mean(x**2, axis=-1, where=m), x="b n", m=sd.boolean("b n")
    )
    module = derivation.build()
    y, residuals = module.fwd(X, mask)
    np.testing.assert_allclose(y, np.mean(X**2, axis=-1, where=mask))
    (dx,) = module.bwd(residuals, np.ones(2))
    np.testing.assert_allclose(dx, 2 * X * mask / mask.sum(-1, keepdims=True))


def test_what_is_not_set_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="needs out="):
        sd.derive(lambda x: np.exp(x, where=x > 0), x="n")
