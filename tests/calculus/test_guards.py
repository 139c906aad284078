"""A guard chooses and never multiplies: what it leaves out may be NaN or infinite, in the value, in
the gradient and in the gradient of the gradient, on every target.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd
from tests.oracles.one_sided import function, slopes

pytestmark = pytest.mark.thinned(4)

Array = Any
TARGETS = ("numpy", "numpy-tuned", "c")
MASK = np.array([[1.0, 2, -1], [-1, -2, -3], [3, 1, 2]])


def masked_attention(s: Array, m: Array, v: Array) -> Array:
    e = np.exp(np.where(m > 0, s, -np.inf))
    p = e / e.sum(-1, keepdims=True)
    return np.where(m.max(-1, keepdims=True) > 0, p @ v, 0.0)


def attention_of_masked_weights(s: Array, m: Array, v: Array) -> Array:
    z = s @ s.T
    e = np.where(m > 0, np.exp(z - z.max(-1, keepdims=True)), 0.0)
    p = e / e.sum(-1, keepdims=True)
    return np.where(m.max(-1, keepdims=True) > 0, p @ v, 0.0)


def attention_with_a_row_of_nothing(s: Array, m: Array, v: Array) -> Array:
    z = s @ s.T
    e = np.exp(np.where(m > 0, z, -np.inf))
    p = e / e.sum(-1, keepdims=True)
    return np.where(m.max(-1, keepdims=True) > 0, p @ v, 0.0)


def mean_of_the_present(s: Array, m: Array, v: Array) -> Array:
    count = np.where(m > 0, 1.0, 0.0).sum(-1, keepdims=True)
    return np.where(count > 0, np.where(m > 0, s / count, 0.0), 0.0) @ v


def weights_before_a_product(s: Array, m: Array, v: Array) -> Array:
    p = s / np.where(m > 0, s, 0.0).sum(-1, keepdims=True)
    return np.einsum("ij,jd->id", np.where(m.max(-1, keepdims=True) > 0, p, 0.0), v)


def spread_of_the_present(s: Array, m: Array, v: Array) -> Array:
    count = (m > 0).sum(-1)
    mean = np.where(m > 0, s, 0.0).sum(-1) / count
    spread = np.where(m > 0, (s - mean[:, None]) ** 2, 0.0).sum(-1) / count
    return np.where(count > 0, mean / np.sqrt(spread + 1e-3), 0.0) @ v


def columns_left_out(s: Array, m: Array, v: Array) -> Array:
    return np.where(m.max(-1, keepdims=True) > 0, 1 / s, 0.0).T @ v


def huge_where_masked(s: Array, m: Array, v: Array) -> Array:
    e = np.exp(np.where(m > 0, s, 800.0))
    w = np.where(m > 0, e, 0.0)
    return (w / (1 + w.sum(-1, keepdims=True))) @ v


ROWS: tuple[Callable[..., Array], ...] = (
    *(masked_attention, attention_of_masked_weights, attention_with_a_row_of_nothing),
    *(mean_of_the_present, weights_before_a_product, spread_of_the_present),
    *(columns_left_out, huge_where_masked),
)


def differences(
    forward: Callable[..., Array], given: dict[str, Array], name: str, dy: Array
) -> Array:
    x = given[name]
    steps = 1e-6 * np.eye(x.size).reshape(-1, *x.shape)
    with np.errstate(all="ignore"):
        found = [
            ((forward(**{**given, name: x + d}) - forward(**{**given, name: x - d})) * dy).sum()
            for d in steps
        ]
    return np.array(found).reshape(x.shape) / 2e-6


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("forward", ROWS)
def test_a_whole_row_left_out_is_left_out_of_every_sum(
    forward: Callable[..., Array], target: str
) -> None:
    rng = np.random.default_rng(0)
    given = {"s": rng.standard_normal((3, 3)), "m": MASK, "v": rng.standard_normal((3, 2))}
    if forward is columns_left_out:
        given["s"][1] = 0.0
    with np.errstate(all="ignore"):
        wanted = forward(**given)
    dy = rng.standard_normal(wanted.shape)
    module = sd.derive(forward, s="n n", m="n n", v="n d").build(target)
    y, residuals = module.fwd(**given)
    np.testing.assert_allclose(y, wanted, rtol=1e-9)
    for name, found in zip(given, module.bwd(residuals, dy), strict=True):
        np.testing.assert_allclose(
            found, differences(forward, given, name, dy), rtol=1e-5, atol=1e-6
        )


POSITIVE = {"x": np.array([-1.0, 0, 0.5, 2])}
SHARES = {"x": np.array([1.0, 2, 0, -1]), "s": np.array([0.0, 1, 0, -1])}
ELEMENTS = (
    ("np.where(x > 0, np.log(x), 0)", POSITIVE),
    ("np.where(x > 0, np.sqrt(x), 0)", POSITIVE),
    ("np.where(x > 0, np.log(x), np.where(x < 0, np.log(-x), 0))", POSITIVE),
    ("np.where(x > 0, np.where(x > 1, np.log(x - 1), np.sqrt(x)), 0)", POSITIVE),
    ("np.where((x > 0) & (x < 1), np.log(x) + np.log(1 - x), 0)", POSITIVE),
    ("np.sum(np.where(x > 0, np.log(x), 0)) * x", POSITIVE),
    ("np.where(x > 0, np.exp(-1 / x), 0)", POSITIVE),
    ("np.where(np.abs(x) < 1, np.sqrt(1 - x**2), 0)", POSITIVE),
    ("np.where(x < 0.5, np.exp(400 * x), 0)", POSITIVE),
    ("np.where(s > 0, x / s, 0)", SHARES),
    ("np.where(s != 0, x / np.where(s != 0, s, 1), 0)", SHARES),
    ("np.where(s > 0, np.exp(800 - 800 * s), 0) * x", SHARES),
    ("np.where(s > 0, np.log(s), 0) @ x", SHARES),
    ("np.where(s.sum() > 9, x / (s.sum() + 1), 0.0)", SHARES),
    ("np.where((s**2).sum() > 9, np.log(s), s)", SHARES),
)


@pytest.mark.parametrize(("text", "given"), ELEMENTS)
def test_a_guard_has_a_slope_on_its_other_side(text: str, given: dict[str, Array]) -> None:
    """Where the two sides differ, the one that the guard takes; there nothing is multiplied."""
    forward = function(text, tuple(given))
    derivation = sd.derive(forward, **dict.fromkeys(given, "n"))
    module = derivation.build()
    y, residuals = module.fwd(**given)
    gradients = dict(zip(given, module.bwd(residuals, np.ones_like(y)), strict=True))
    for name, found in gradients.items():
        assert np.isfinite(found).all()
        again = sd.derive(derivation.backward[name]).build()
        arguments = [
            np.ones_like(y) if a not in given else given[a] for a in _names(derivation, name)
        ]
        dx, kept = again.fwd(*arguments)
        np.testing.assert_allclose(dx, found)
        assert all(np.isfinite(g).all() for g in again.bwd(kept, np.ones_like(dx)))
        if "/" not in text:
            wanted = slopes(text, given)[name]
            smooth = np.isfinite(wanted) & (np.abs(wanted) < 1e9)
            np.testing.assert_allclose(found[smooth], wanted[smooth], rtol=1e-6, atol=1e-6)


def _names(derivation: sd.Derivation, name: str) -> list[str]:
    return [a.tensor.name for a in derivation.backward[name].arguments]
