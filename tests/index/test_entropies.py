"""SciPy's xlogy and its kin keep their values, infinities and NaN, and their slopes are limits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import symderive as sd
from symderive.index.functions.entropies import ENTROPIES
from tests.oracles.limits import assert_between, sides

pytestmark = pytest.mark.thinned(3)

GUARDED = [f.name for f in ENTROPIES]
SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-38, 1e38, -1e38, 0.3, 0.75, 1000.0)
PAIRS = np.array(list(product(SPECIAL, SPECIAL))).T
INSIDE = np.array(list(product((0.0, 0.5, 1.0, 3.0), (0.0, 0.25, 1.0)))).T


def derived(name: str) -> Any:
    function = getattr(special, name)
    if name == "entr":
        return sd.derive(lambda u: function(u), u="n")
    return sd.derive(lambda u, v: function(u, v), u="n", v="n")


def arguments(name: str, pairs: Any) -> tuple[Any, ...]:
    return (pairs[0].copy(),) if name == "entr" else (pairs[0].copy(), pairs[1].copy())


@pytest.mark.parametrize("name", GUARDED)
def test_values_are_scipys_wherever_it_has_any(name: str) -> None:
    derivation = derived(name)
    for target in ("numpy", "numpy-tuned", "c"):
        for dtype, allowed in (("float64", 1e-14), ("float32", 1e-5)):
            inputs = tuple(x.astype(dtype) for x in arguments(name, PAIRS))
            found, _ = derivation.build(target).fwd(*inputs)
            assert found.dtype == dtype
            with np.errstate(all="ignore"):
                expected = getattr(special, name)(*(x.astype("float64") for x in inputs))
                expected = expected.astype(dtype)
            np.testing.assert_allclose(found, expected, rtol=allowed, atol=1e-7 * allowed)


EXACT: dict[str, Callable[..., Any]] = {
    "xlogy": lambda u, v: u * mpmath.log(v) if u else mpmath.mpf(0),
    "xlog1py": lambda u, v: u * mpmath.log(1 + v) if u else mpmath.mpf(0),
    "entr": lambda u: -u * mpmath.log(u) if u else mpmath.mpf(0),
    "rel_entr": lambda u, v: u * mpmath.log(u / v) if u else mpmath.mpf(0),
    "kl_div": lambda u, v: (u * mpmath.log(u / v) if u else 0) - u + v,
}


@pytest.mark.parametrize("name", GUARDED)
def test_slopes_are_the_limits_on_either_side(name: str) -> None:
    inputs = arguments(name, INSIDE)
    forward = np.frompyfunc(EXACT[name], len(inputs), 1)
    module = derived(name).build()
    _, residuals = module.fwd(*inputs)
    cotangent = np.linspace(0.5, 1.5, inputs[0].size)
    with np.errstate(all="ignore"):
        gradients = module.bwd(residuals, cotangent)
    for n, gradient in enumerate(gradients):
        for place in range(inputs[0].size):
            element = [x[place : place + 1] for x in inputs]
            right, left = sides(forward, element, cotangent[place : place + 1], n)
            assert_between(gradient[place : place + 1], right, left)


def test_the_entropy_of_what_may_be_zero() -> None:
    """Σ p log p of a row with a zero: finite, and its slopes elsewhere as well."""
    d = sd.derive(lambda p: -np.sum(special.xlogy(p, p), axis=-1), p="b n")
    p = np.array([[0.5, 0.0, 0.5], [0.2, 0.3, 0.5]])
    y, residuals = d.build().fwd(p)
    np.testing.assert_allclose(y, special.entr(p).sum(-1))
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(d.build().bwd(residuals, np.ones(2))[0], -np.log(p) - 1)


@pytest.mark.parametrize("name", GUARDED)
def test_certificates_of_these_functions_hold(name: str) -> None:
    assert derived(name).verify(quick=True).ok


@pytest.mark.parametrize("name", ["xlogy", "rel_entr", "kl_div"])
def test_logarithms_of_a_softmax_that_underflows_are_known(name: str) -> None:
    """Also where the softmax is masked and has no share at all."""
    function = getattr(special, name)

    def divergence(t: Any, s: Any) -> Any:
        e = np.exp(s)
        return np.sum(function(t, e / np.sum(e, axis=-1, keepdims=True)), axis=-1)

    t, s = np.array([[0.5, 0.5, 0.0, 0.0]]), np.array([[1000.0, 0.0, 1000.0, -np.inf]])
    module = sd.derive(divergence, t="b n", s="b n").build()
    y, residuals = module.fwd(t, s)
    sign = -1 if name == "xlogy" else 1
    log = np.where(s > 0, -np.log(2), -1000 - np.log(2))
    expected = {"xlogy": 0.0}.get(name, np.log(0.5)) - np.sum(t * log)
    np.testing.assert_allclose(y, [sign * expected])
    with np.errstate(all="ignore"):
        _, ds = module.bwd(residuals, np.ones(1))
    np.testing.assert_allclose(ds, sign * (np.array([[0.5, 0, 0.5, 0]]) - t), atol=1e-15)


def test_the_entropy_of_a_masked_softmax_has_a_gradient() -> None:
    def entropy(s: Any) -> Any:
        e = np.exp(s)
        return np.sum(special.entr(e / np.sum(e, axis=-1, keepdims=True)), axis=-1)

    module = sd.derive(entropy, s="b n").build()
    s = np.array([[0.0, 1.0, -np.inf, -900.0]])
    y, residuals = module.fwd(s)
    p = np.exp(s[0, :2]) / np.sum(np.exp(s[0, :2]))
    np.testing.assert_allclose(y, -np.sum(p * np.log(p)))
    (gradient,) = module.bwd(residuals, np.ones(1))
    np.testing.assert_allclose(gradient, [[*(-p * (np.log(p) + y)), 0, 0]], atol=1e-15)
