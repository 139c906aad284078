"""The `array_api` module of an operator against its NumPy module, in the arrays of a library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import symderive as sd
from symderive.operators import CATALOGUE
from symderive.verify.code import samples
from tests.operators.unseen import UNSEEN

Array = Any


@dataclass(frozen=True)
class Library:
    """made: an array of the library from NumPy's.  read: one of NumPy's from the library's."""

    made: Callable[[Array], Array]
    read: Callable[[Array], Array] = np.asarray


def derivation(name: str) -> sd.Derivation:
    """An operator of the catalogue, or one that the catalogue does not have."""
    if name in CATALOGUE:
        return sd.derive(name)
    return sd.derive(UNSEEN[name].forward, **UNSEEN[name].domains)


def agrees(name: str, library: Library, dtype: str) -> None:
    """Assert that value and gradients are the NumPy module's, in shape, dtype and numbers."""
    d = derivation(name)
    made, plain = d.build("array_api", check=False), d.build("numpy", check=False)
    loose = {"rtol": 2e-4, "atol": 2e-5} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-10}
    found = 0
    for sample in samples(d.derived, most=2):
        program = d.derived.written
        inputs = [np.asarray(a) for a in sample.point.inputs(program, dtype)]
        cotangent = np.asarray(sample.point.real_cotangent(program, dtype))
        with np.errstate(all="ignore"):
            y, residuals = plain.fwd(*inputs)
            wanted = (y, *plain.bwd(residuals, cotangent))
            value, saved = made.fwd(*map(library.made, inputs))
            given = (value, *made.bwd(saved, library.made(cotangent)))
        for array, right in zip(map(library.read, given), wanted, strict=True):
            assert (array.shape, array.dtype) == (np.shape(right), np.asarray(right).dtype)
            np.testing.assert_allclose(array, right, **loose)
        found += 1
    assert found
