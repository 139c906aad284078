"""dtype= and what an array of whole numbers or truth values can hold; closeness."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.errors import NotSupportedError

GIVEN = {"x": np.array([1.0, 0.0, -1.0]), "t": np.array([0, 1, 2]), "m": np.array([1, 1, 0], bool)}
FORWARDS: dict[str, Any] = {
    "half among labels": lambda x, t, m: x * np.full_like(t, 0.5),
    "2.7 among labels": lambda x, t, m: x * np.full_like(t, 2.7),
    "-2.7 among labels": lambda x, t, m: x * np.full_like(t, -2.7),
    "float among labels": lambda x, t, m: x * np.full_like(t, 2.7, dtype=float),
    "among truth values": lambda x, t, m: x * np.full_like(m, 2.7),
    "among numbers": lambda x, t, m: x * np.full_like(x, 2.7),
    "full": lambda x, t, m: x * np.full(x.shape, 2.7, dtype=int) + np.full(3, 2.7),
    "sum as truth": lambda x, t, m: x * np.sum(m, dtype=bool) + x * np.sum(t, dtype=bool),
    "sum as number": lambda x, t, m: x * np.sum(m, dtype=int) + x * m.sum(dtype=float),
    "product as truth": lambda x, t, m: x * np.prod(m, dtype=bool) + x * np.prod(m),
    "maximum": lambda x, t, m: np.where(np.max(m), x, 2 * x),
    "close": lambda x, t, m: np.where(np.isclose(x, 0), 1, x),
    "all close": lambda x, t, m: np.where(np.allclose(x, 0, atol=2), 3 * x, x),
    "close to another": lambda x, t, m: np.where(np.isclose(x, np.exp(x), rtol=0.9), x**2, x),
}


@pytest.mark.parametrize("name", FORWARDS)
def test_values_are_numpys(name: str) -> None:
    forward = FORWARDS[name]
    domains = {"t": sd.integers("3", below=3), "m": sd.boolean("3")}
    kernel = sd.derive(forward, x="3", **domains).build()
    found, _ = kernel.fwd(*GIVEN.values())
    np.testing.assert_allclose(found, forward(*GIVEN.values()))


@pytest.mark.parametrize(
    "forward", [lambda x: x * np.sum(x, dtype=int), lambda x: x * np.full(x.shape, x[0], dtype=int)]
)
def test_real_values_are_not_made_whole(forward: Any) -> None:
    with pytest.raises(NotSupportedError, match="real values"):
        sd.derive(forward, x="n")
