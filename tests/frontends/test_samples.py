"""Every supported spelling at the samples that frameworks test with: first and second order, arrays
that are not contiguous, empty ones, extreme ones, and one array given twice.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.random_statements.check import differences

from .evaluating import LENGTHS, inputs_for, lengths_for, shape_of
from .test_values import BINARY, CASES

Array = Any
pytestmark = pytest.mark.long
UNTOLD = {"merged first", "flip merged"}  # read an axis "(g c)" of which nothing tells the parts
TOLD = [c for c in CASES if c[0] not in UNTOLD]
each = pytest.mark.parametrize(
    ("forward", "domains"), [c[1:] for c in TOLD], ids=[c[0] for c in TOLD]
)
TOO_SHORT = "takes .* of at least|maximum which has no identity"  # a norm may be a maximum
TIGHT = {"rtol": 1e-9, "atol": 1e-11}


def _inputs(derivation: sd.Derivation, lengths: Mapping[str, int] = LENGTHS) -> tuple[Array, ...]:
    made = inputs_for(derivation.program, seed=3)
    found = lengths_for(derivation.program, lengths)
    shapes = {a.tensor.name: shape_of(a.layout, found) for a in derivation.program.arguments}
    return tuple(np.resize(array, shapes[name]) for name, array in made.items())


def _cotangent(y: Array) -> Array:
    return np.random.default_rng(5).uniform(0.5, 1.5, np.shape(y))


def _gradients_agree(call: Any, kernel: Any, inputs: tuple[Array, ...], atol: float) -> None:
    y, residuals = kernel.fwd(*inputs)
    np.testing.assert_allclose(y, call(*inputs), **TIGHT)
    g = _cotangent(y)
    real = [n for n, x in enumerate(inputs) if x.dtype.kind == "f"]
    for n, found in zip(real, kernel.bwd(residuals, g), strict=True):
        slope, smooth = differences(call, inputs, g, n)
        assert found.shape == slope.shape
        scale = max(1.0, float(np.abs(slope).max(initial=0)))
        np.testing.assert_allclose(found[smooth], slope[smooth], rtol=0, atol=atol * scale)


@each
def test_gradients_of_first_and_second_order(
    forward: Callable[..., Array], domains: dict[str, Any]
) -> None:
    derivation = sd.derive(forward, **domains)
    inputs, kernel = _inputs(derivation), derivation.build()
    _gradients_agree(forward, kernel, inputs, 1e-6)
    for n, program in enumerate(derivation.backward.values()):
        again = sd.derive(program).build()

        def gradient(*given: Array, n: int = n) -> Array:
            return kernel.bwd(kernel.fwd(*given[:-1])[1], given[-1])[n]

        _gradients_agree(gradient, again, (*inputs, _cotangent(forward(*inputs))), 1e-5)


@each
def test_arrays_that_are_not_contiguous(
    forward: Callable[..., Array], domains: dict[str, Any]
) -> None:
    derivation = sd.derive(forward, **domains)
    inputs, kernel = _inputs(derivation), derivation.build()
    y, residuals = kernel.fwd(*inputs)
    for g in (_cotangent(y), np.broadcast_to(np.float64(0.7), np.shape(y))):
        expected = (y, *kernel.bwd(residuals, np.ascontiguousarray(g).reshape(np.shape(y))))
        for spread in (_every_second, _reversed, _by_columns):
            given = tuple(map(spread, inputs))
            found, kept = kernel.fwd(*given)
            for a, b in zip((found, *kernel.bwd(kept, spread(g))), expected, strict=True):
                np.testing.assert_allclose(a, b, **TIGHT)


def _every_second(x: Array) -> Array:
    wide = np.zeros((*x.shape, 2), x.dtype)
    wide[..., 0] = x
    return wide[..., 0]


def _reversed(x: Array) -> Array:
    return x[::-1].copy()[::-1] if x.ndim else x


def _by_columns(x: Array) -> Array:
    return np.asfortranarray(x) if x.ndim else x


@each
def test_empty_axes(forward: Callable[..., Array], domains: dict[str, Any]) -> None:
    """Where NumPy gives a value at an axis of length 0, so does the module, and gradients of the
    inputs' shapes; or it says that the axis is too short. A length for which NumPy itself raises
    tells nothing, nor do labels below 0.
    """
    derivation = sd.derive(forward, **domains)
    kernel = derivation.build()
    for dim in {d.name for d in derivation.program.dims if d.length is None and not d.extent}:
        below = {a.tensor.domain.below for a in derivation.program.arguments}
        if dim in below:
            continue
        inputs = _inputs(derivation, {**LENGTHS, dim: 0})
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = forward(*inputs)
        except (ValueError, IndexError, ZeroDivisionError, TypeError):
            continue
        with np.errstate(all="ignore"):
            try:
                y, residuals = kernel.fwd(*inputs)
            except ValueError as error:
                assert re.search(TOO_SHORT, str(error)), error
                continue
            np.testing.assert_allclose(y, expected, **TIGHT)
            gradients = kernel.bwd(residuals, _cotangent(y))
        real = [x for x in inputs if x.dtype.kind == "f"]
        assert [g.shape for g in gradients] == [x.shape for x in real]


@each
@pytest.mark.parametrize("factor", [1e3, 1e-7, -30.0])
def test_extreme_values(
    forward: Callable[..., Array], domains: dict[str, Any], factor: float
) -> None:
    """What plain NumPy computes, where that is finite; and finite gradients wherever differences
    of the forward are.
    """
    derivation = sd.derive(forward, **domains)
    signed = {a.tensor.name for a in derivation.program.arguments if a.tensor.domain.kind == "real"}
    names = [a.tensor.name for a in derivation.program.arguments]
    inputs = tuple(
        x * factor if name in signed else x
        for name, x in zip(names, _inputs(derivation), strict=True)
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = np.asarray(forward(*inputs), float)
        kernel = derivation.build()
        y, residuals = kernel.fwd(*inputs)
        told = np.isfinite(expected)
        np.testing.assert_allclose(np.asarray(y)[told], expected[told], rtol=1e-6, atol=1e-9)
        if told.all() and np.abs(expected).max(initial=0) < 1e100:
            for gradient in kernel.bwd(residuals, np.ones_like(expected)):
                assert np.isfinite(gradient).all()


TWICE = [c for c in BINARY if len(c[2]) == 2 and len(set(map(str, c[2].values()))) == 1]


@pytest.mark.parametrize(("forward", "domains"), [c[1:] for c in TWICE], ids=[c[0] for c in TWICE])
def test_one_array_given_twice(forward: Callable[..., Array], domains: dict[str, Any]) -> None:
    def twice(x):  # type: ignore[no-untyped-def]
        return forward(x, x)

    derivation = sd.derive(twice, x=next(iter(domains.values())))
    _gradients_agree(twice, derivation.build(), _inputs(derivation), 1e-6)
