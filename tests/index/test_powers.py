"""Powers where the base is 0: their derivatives are the limits, by base and by exponent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.oracles.limits import assert_between, sides

pytestmark = pytest.mark.thinned(3)

ZEROS = np.array([0.0, 0.0, 0.0, 0.0, 2.0, 0.5, 3.0, 1.0])
POWERS = np.array([2.0, 1.0, 0.5, 3.0, 0.0, 1.5, 2.0, 0.0])
SOME_ZERO = np.array([[0.0, 1.0, 2.0], [1.5, 0.5, 0.0], [1.0, 2.0, 3.0]])
SIGNED = np.array([0.0, -1.0, 0.0, -2.0, 0.5, 0.0])
LABELS = np.array([0, 3, 1, 2, 0, 2])
N, B_N = "n", "b n"


def of_label(x: Any, k: Any) -> Any:
    return x**k


CASES: dict[str, tuple[Callable[..., Any], dict[str, Any], tuple[Any, ...]]] = {
    "a ** b": (lambda a, b: a**b, {"a": N, "b": N}, (ZEROS, POWERS)),
    "np.power": (lambda a, b: np.power(a, b), {"a": N, "b": N}, (ZEROS, POWERS)),
    "a shared exponent": (
        lambda x, p: np.sum(x**p, axis=-1),
        {"x": B_N, "p": ""},
        (SOME_ZERO, np.array(2.5)),
    ),
    "of a size": (
        lambda x, p: np.sum(abs(x) ** p, axis=0),
        {"x": N, "p": ""},
        (SIGNED, np.array(1.5)),
    ),
    "of what is clipped": (
        lambda x, p: np.maximum(x, 0) ** p,
        {"x": N, "p": N},
        (SIGNED, np.array([1.0, 2.0, 3.0, 0.5, 1.0, 2.5])),
    ),
    "a power mean": (
        lambda x, p: np.mean(np.maximum(x, 0) ** p, axis=-1) ** (1 / p),
        {"x": B_N, "p": ""},
        (SOME_ZERO, np.array(3.0)),
    ),
    "a distance of any order": (
        lambda x, y, p: np.sum(abs(x - y) ** p, axis=-1) ** (1 / p),
        {"x": B_N, "y": B_N, "p": ""},
        (SOME_ZERO, SOME_ZERO * np.array([[1.0], [2.0], [0.5]]), np.array(2.5)),
    ),
    "powers of places": (
        lambda x: np.sum(x[:, None] ** np.arange(4), axis=-1),
        {"x": N},
        (SIGNED,),
    ),
    "a polynomial": (
        lambda x, c: (x[:, None] ** np.arange(c.shape[0])) @ c,
        {"x": N, "c": "k"},
        (SIGNED, np.array([1.0, -2.0, 0.5])),
    ),
    "a discounted sum": (
        lambda g, r: np.sum(g ** np.arange(r.shape[-1]) * r),
        {"g": "", "r": "t"},
        (np.array(0.0), np.array([1.0, 2.0, 3.0, 4.0])),
    ),
    "weights that decay backwards": (
        lambda g, r: np.sum(g[:, None] ** (r.shape[-1] - 1 - np.arange(r.shape[-1])) * r, axis=-1),
        {"g": "b", "r": "b t"},
        (np.array([0.0, 0.5]), np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 0.5]])),
    ),
    "labels as exponents": (of_label, {"x": N, "k": sd.integers(N, below=4)}, (SIGNED, LABELS)),
    "labels less one": (
        lambda x, k: x ** (3 - k),
        {"x": N, "k": sd.integers(N, below=4)},
        (SIGNED, LABELS),
    ),
    "a keyword": (lambda x, gamma=2.0: np.sum(x**gamma), {"x": N}, (SIGNED,)),
    "a focal weight": (
        lambda p, g: (1 - p) ** g * p,
        {"p": N, "g": ""},
        (np.array([1.0, 0.5, 0.0]), np.array(2.0)),
    ),
    "an exponent that may vanish": (
        lambda x, w: np.sum(x ** (w * w), axis=0),
        {"x": B_N, "w": "n"},
        (SOME_ZERO, np.array([1.5, 0.0, 1.0])),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_limits_at_a_zero_base(name: str) -> None:
    forward, domains, inputs = CASES[name]
    derivation = sd.derive(forward, **domains)
    real = [n for n, x in enumerate(inputs) if x.dtype.kind == "f"]
    for target in ("numpy", "numpy-tuned"):
        module = derivation.build(target)
        y, residuals = module.fwd(*inputs)
        cotangent = np.linspace(0.5, 1.5, np.size(y)).reshape(np.shape(y))
        for n, gradient in zip(real, module.bwd(residuals, cotangent), strict=True):
            right, left = sides(forward, inputs, cotangent, n)
            assert assert_between(np.asarray(gradient), right, left)


A = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 0.5])
B = np.array([2.0, 3.0, 1.5, 0.0, 3.0, 1.0])


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("first", ["a", "b"])
def test_second_order_is_the_limit_as_well(first: str, target: str) -> None:
    """Of a^b: by both, b(b-1)a^(b-2), a^(b-1)(1 + b log a) and a^b (log a)²."""
    derivation = sd.derive(lambda a, b: a**b, a=N, b=N)
    module = sd.derive(derivation.backward[first]).build(target)
    _, residuals = module.fwd(A, B, np.ones(6))
    by_a, by_b, _ = module.bwd(residuals, np.ones(6))
    log = np.log(np.where(A > 0, A, 1))
    mixed = np.where(A > 0, A ** (B - 1.0) * (1 + B * log), 0)
    expected = {
        "a": (np.where(A > 0, B * (B - 1) * A ** (B - 2.0), [2.0, 0, np.inf, 0, 0, 0]), mixed),
        "b": (mixed, A**B * log**2),
    }[first]
    np.testing.assert_allclose(by_a, expected[0], atol=1e-12)
    np.testing.assert_allclose(by_b, expected[1], atol=1e-12)


def test_polynomials_bend_at_zero() -> None:
    """Σ_k x^k has the second derivative 2 + 6 x."""
    derivation = sd.derive(lambda x: np.sum(x[:, None] ** np.arange(4), axis=-1), x=N)
    module = sd.derive(derivation.backward["x"]).build()
    _, residuals = module.fwd(SIGNED, np.ones(6))
    np.testing.assert_allclose(module.bwd(residuals, np.ones(6))[0], 2 + 6 * SIGNED)


def test_a_guard_stands_only_where_the_base_may_be_zero() -> None:
    positive = sd.derive(lambda a, b: a**b, a=sd.positive(N), b=N).source("numpy")
    constant = sd.derive(lambda a: a**3.5, a=N).source("numpy")
    assert "np.where" not in positive + constant


def test_roots_of_another_order_keep_their_infinite_slopes() -> None:
    """(Σ |x|^p)^(1/q) is no norm: with p < q its slope at 0 is infinite."""
    d = sd.derive(lambda x, p, q: np.sum(np.abs(x) ** p, axis=-1) ** (1 / q), x=B_N, p="", q="")
    _, residuals = d.build().fwd(np.zeros((1, 2)), np.array(1.0), np.array(3.0))
    assert not np.isfinite(d.build().bwd(residuals, np.ones(1))[0]).any()


def test_the_certificate_of_a_power_mean_holds_where_its_order_is_below_zero() -> None:
    """0^p is infinite there and the mean's root is 0: an infinity has no slope to be compared."""
    forward, domains, _ = CASES["a power mean"]
    check = next(
        c for c in sd.derive(forward, **domains).verify().checks if c.name.startswith("derivatives")
    )
    assert check.ok
