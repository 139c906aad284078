"""Gradients that depend on differences of points: as exact far from the origin as at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import symderive as sd

pytestmark = pytest.mark.thinned(3)

Array = Any


def energy(x: Array) -> Array:
    apart = x[:, None] - x[None]
    return np.exp(-(apart**2).sum(-1)).sum()


def distances(x: Array) -> Array:
    apart = x[:, None] - x[None]
    return np.sqrt((apart**2).sum(-1)).sum()


def on_a_line(x: Array) -> Array:
    return np.log1p((x[:, None] - x) ** 2).sum()


def kernel(x: Array, z: Array) -> Array:
    return np.exp(-((x[:, None] - z[None]) ** 2).sum(-1))


def batched(x: Array) -> Array:
    apart = x[:, :, None] - x[:, None]
    return np.exp(-(apart**2).sum(-1)).sum((1, 2))


CASES: dict[str, tuple[Callable[..., Array], dict[str, str], tuple[tuple[int, ...], ...]]] = {
    "energy": (energy, {"x": "b n"}, ((6, 3),)),
    "distances": (distances, {"x": "b n"}, ((6, 3),)),
    "on a line": (on_a_line, {"x": "b"}, ((7,),)),
    "kernel": (kernel, {"x": "b n", "z": "m n"}, ((5, 3), (4, 3))),
    "batched": (batched, {"x": "k b n"}, ((2, 5, 3),)),
}


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", CASES)
def test_far_from_the_origin(name: str, target: str) -> None:
    forward, domains, shapes = CASES[name]
    module = sd.derive(forward, **domains).build(target)
    random = np.random.default_rng(0)
    points = [(random.standard_normal(s) + 1000).astype(np.float32) for s in shapes]
    found = {}
    for dtype in (np.float32, np.float64):
        y, residuals = module.fwd(*(p.astype(dtype) for p in points))
        with np.errstate(all="ignore"):
            found[dtype] = module.bwd(residuals, np.ones_like(y))
    for got, wanted in zip(found[np.float32], found[np.float64], strict=True):
        np.testing.assert_allclose(got, wanted, atol=2e-6 * np.abs(wanted).max())


def test_one_point_that_is_not_finite_does_not_reach_the_others() -> None:
    module = sd.derive(kernel, x="b n", z="m n").build()
    x, z = np.random.default_rng(0).standard_normal((2, 4, 3))
    _, residuals = module.fwd(x, z)
    usual, _ = module.bwd(residuals, np.ones((4, 4)))
    x[2] = np.nan
    _, residuals = module.fwd(x, z)
    dx, _ = module.bwd(residuals, np.ones((4, 4)))
    np.testing.assert_allclose(dx[[0, 1, 3]], usual[[0, 1, 3]])
    assert np.isnan(dx[2]).all()


def test_differences_that_stand_as_such_stay() -> None:
    def steps(x: Array) -> Array:
        return ((x[:, 1:] - x[:, :-1]) ** 2).sum(-1)

    def laplacian(x: Array, z: Array) -> Array:
        return np.exp(-np.abs(x[:, None] - z[None]).sum(-1))

    for derivation in (sd.derive(steps, x="b n"), sd.derive(laplacian, x="b n", z="m n")):
        assert "mean" not in str(derivation.derived.backward)


def test_what_moves_with_its_points_is_left_alone() -> None:
    def similarity(x: Array) -> Array:
        return np.exp(x @ x.T).sum()

    assert "mean" not in str(sd.derive(similarity, x="b n").derived.backward)
