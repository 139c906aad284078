"""Norms at 0: the slope is agreed to be 0, on every target; what has no slope there keeps none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

Array = Any


def norm(x: Array) -> Array:
    return np.sqrt((x**2).sum(-1))


def library_norm(x: Array) -> Array:
    return np.linalg.norm(x, axis=-1)


def norm_of_third_powers(x: Array) -> Array:
    return (np.abs(x) ** 3).sum(-1) ** (1 / 3)


def root_of_fourth_powers(x: Array) -> Array:
    return np.sqrt((x**4).sum(-1))


def weighted(x: Array, w: Array) -> Array:
    return np.sqrt((w * x**2).mean(-1))


def normalised(x: Array, eps: float = 0.1) -> Array:
    return x / (np.linalg.norm(x, axis=-1, keepdims=True) + eps)


def standardised(x: Array, eps: float = 0.1) -> Array:
    return (x - x.mean(-1, keepdims=True)) / (x.std(-1, keepdims=True) + eps)


def size(x: Array) -> Array:
    return np.sqrt(x**2)


def distances(x: Array) -> Array:
    apart = x[:, None] - x[None]
    return np.sqrt((apart**2).sum(-1))


def distances_by_products(x: Array) -> Array:
    squares = (x**2).sum(-1)
    return np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))


def lengths_by_products(x: Array) -> Array:
    return np.sqrt(np.diagonal(x @ x.T))


ROWS: tuple[Callable[..., Array], ...] = (
    *(norm, library_norm, norm_of_third_powers, root_of_fourth_powers, normalised),
    *(standardised, size, lengths_by_products),
)


def slopes(forward: Callable[..., Array], x: Array, cotangent: Array) -> Array:
    """Central differences: at a kink the mean of the slopes on its two sides."""
    step = 1e-7 * np.eye(x.size).reshape(-1, *x.shape)
    found = [((forward(x + d) - forward(x - d)) * cotangent).sum() / 2e-7 for d in step]
    return np.array(found).reshape(x.shape)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("forward", ROWS)
def test_a_row_of_zeros_has_a_gradient(forward: Callable[..., Array], target: str) -> None:
    module = sd.derive(forward, x="b n").build(target)
    x = np.array([[0.0, 0.0, 0.0], [1.0, -2.0, 0.5]])
    y, residuals = module.fwd(x)
    cotangent = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)
    with np.errstate(all="ignore"):
        (dx,) = module.bwd(residuals, cotangent)
    np.testing.assert_allclose(dx, slopes(forward, x, cotangent), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("forward", [distances, distances_by_products])
def test_distances_of_a_set_to_itself_have_a_gradient(
    forward: Callable[..., Array], target: str
) -> None:
    module = sd.derive(forward, x="b n").build(target)
    x = np.array([[0.0, 0.0], [1.0, 2.0], [-1.0, 0.0]])
    y, residuals = module.fwd(x)
    cotangent = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)
    with np.errstate(all="ignore"):
        (dx,) = module.bwd(residuals, cotangent)
    np.testing.assert_allclose(dx, slopes(distances, x, cotangent), rtol=1e-5)


def test_positive_weights_do_not_hide_the_kink() -> None:
    module = sd.derive(weighted, x="b n", w=sd.positive("n")).build()
    _, residuals = module.fwd(np.zeros((2, 3)), np.ones(3))
    with np.errstate(all="ignore"):
        dx, dw = module.bwd(residuals, np.ones(2))
    assert (dx == 0).all() and (dw == 0).all()


DIVIDED = {  # by what does not vanish with the norm
    "a + r": lambda x, a: x / (a + library_norm(x)[:, None]),
    "a - r": lambda x, a: 1 / (a - library_norm(x)),
    "log": lambda x, a: a * np.log(2 + library_norm(x)),
    "a² + r": lambda x, a: np.log(a**2 + library_norm(x)),
    "1 + a r": lambda x, a: library_norm(x) / (1 + a * library_norm(x)),
    "std": lambda x, a: x.std(-1) / (a + x.std(-1)),
}


@pytest.mark.parametrize("name", DIVIDED)
def test_what_is_not_divided_by_the_norm_itself_has_a_gradient(name: str) -> None:
    forward = DIVIDED[name]
    module = sd.derive(forward, x="b n", a="").build()
    x, a = np.array([[0.0, 0.0, 0.0], [1.0, -2.0, 0.5]]), np.array(0.7)
    y, residuals = module.fwd(x, a)
    with np.errstate(all="ignore"):
        dx, _ = module.bwd(residuals, np.ones_like(y))
    wanted = slopes(lambda x: forward(x, a), x, np.ones_like(y))
    np.testing.assert_allclose(dx, wanted, rtol=1e-5, atol=1e-5)


def radius(x: Array, m: Array) -> Array:
    return np.sqrt((m[:, None] * x**2).sum() / m.sum())


def deviations(x: Array) -> Array:
    return np.sqrt(np.diagonal(np.cov(x.T))).sum()


def test_a_weighted_radius_and_deviations_of_equal_rows() -> None:
    module = sd.derive(radius, x="n d", m=sd.positive("n")).build()
    _, residuals = module.fwd(np.zeros((3, 2)), np.ones(3))
    with np.errstate(all="ignore"):
        assert all((g == 0).all() for g in module.bwd(residuals, np.ones(())))
    module = sd.derive(deviations, x="n 3").build()
    _, residuals = module.fwd(np.ones((4, 3)))
    with np.errstate(all="ignore"):
        assert (module.bwd(residuals, np.ones(()))[0] == 0).all()


def cusp(x: Array) -> Array:
    return (x**2).sum(-1) ** 0.25


def root(x: Array) -> Array:
    return np.sqrt(x)


def unit(x: Array) -> Array:
    return x / np.sqrt((x**2).sum(-1, keepdims=True))


@pytest.mark.parametrize("forward", [cusp, root, unit])
def test_no_slope_is_agreed_on_where_there_is_none(forward: Callable[..., Array]) -> None:
    derivation = sd.derive(forward, x="b n")
    assert "[" not in str(derivation.derived.backward)
    module = derivation.build()
    with np.errstate(all="ignore"):
        _, residuals = module.fwd(np.zeros((1, 2)))
        (dx,) = module.bwd(residuals, np.ones_like(residuals[-1]))
    assert not np.isfinite(dx).any()


def test_forward_mode_the_jacobian_and_the_certificate_agree() -> None:
    derivation = sd.derive(normalised, x="b n")
    assert "r[b] > 0" in str(derivation.jvp["x"])
    assert "r[b] > 0" in str(derivation.jacobian["x"])
    certificate = derivation.verify()
    assert certificate.ok, str(certificate)


def test_the_proof_states_the_convention() -> None:
    derivation = sd.derive(norm, x="b n")
    assert "has derivative 0 there" in derivation.markdown()
    assert "convention" not in sd.derive(unit, x="b n").markdown().lower()


def test_the_choice_is_made_once_a_row() -> None:
    source = sd.derive(normalised, x="b n").source("numpy")
    chosen = [line for line in source.splitlines() if "where=" in line or "np.where(" in line]
    assert len(chosen) == 1 and ", out=np.zeros_like(r), where=r > 0)" in chosen[0]


@pytest.mark.parametrize("forward", [norm, library_norm, root_of_fourth_powers])
def test_nothing_is_divided_by_zero_on_the_way(forward: Callable[..., Array]) -> None:
    module = sd.derive(forward, x="b n").build()
    with np.errstate(all="raise"):
        y, residuals = module.fwd(np.zeros((2, 3)))
        (dx,) = module.bwd(residuals, np.ones_like(y))
    assert (dx == 0).all()
