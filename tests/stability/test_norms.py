"""Norms at the ends of the range, in several spellings: right where the squares overflow or
underflow, and at zero, infinite and NaN rows as the forward is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.index.domains import positive
from symderive.stability.norms import scale_squares

from .exact import relative_errors

pytestmark = pytest.mark.thinned(5)

Array = Any

ROWS = np.array([[3.0, -4.0, 0.5], [1.0, 2.0, -2.0]])
NORMS = {
    "catalogue": "l2_normalize",
    "distance": "euclidean_distance",
    "root": lambda x: x / np.sqrt(np.sum(x * x, axis=-1, keepdims=True)),
    "power of a half": lambda x: x / (np.sum(np.square(x), axis=-1) ** 0.5)[:, None],
    "negative power": lambda x: x * np.sum(x**2, axis=-1, keepdims=True) ** -0.5,
    "another axis": lambda x: x / np.sqrt((x**2).sum(axis=0)),
    "root of a mean": lambda x: np.sqrt(np.mean(x**2, axis=-1)),
    "of a difference": lambda x: np.sqrt(np.sum((x[:, 1:] - x[:, :-1]) ** 2, axis=-1)),
    "mean of norms": lambda x: np.mean(np.sqrt(np.sum(x**2, axis=-1))),
    "four norm": lambda x: np.sum(x**4, axis=-1) ** 0.25,
}
SIZES = [(np.float32, 1e30), (np.float32, 1e-30), (np.float64, 1e250), (np.float64, 1e-250)]


def _case(name, rows):
    subject = NORMS[name]
    arity = 2 if name == "distance" else 1
    inputs = [rows, rows[:, ::-1].copy()][:arity]
    return subject, ({} if isinstance(subject, str) else {"x": "b n"}), inputs


def _cotangent(name):
    if name == "mean of norms":
        return 1.0
    whole = name in ("catalogue", "root", "power of a half", "negative power", "another axis")
    return np.ones(ROWS.shape) * [1, 2, -1] if whole else np.ones(2)


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", NORMS)
def test_forward_and_gradient_where_squares_have_no_value(name, target):
    for dtype, scale in (*SIZES, (np.float64, 1.0)):
        subject, domains, inputs = _case(name, ROWS * scale)
        errors = relative_errors(subject, domains, inputs, _cotangent(name), dtype, target)
        assert max(errors) < 200, (dtype, scale, errors)


def test_power_mean_of_large_powers():
    x, p = np.array([[1000.0, 999.0, 3.0], [1e-3, 2e-3, 1e-3]]), np.array(700.0)
    errors = relative_errors("generalized_mean_pool", {}, [x, p], np.array([1.0, 1.0]))
    assert max(errors) < 3000  # 700 log(x/max) is rounded before exp sees it

    def p_norm(x, p):
        return np.sum(x**p, axis=-1) ** (1 / p)

    domains = {"x": positive("b n"), "p": positive("")}
    assert max(relative_errors(p_norm, domains, [x, p], np.ones(2))) < 3000


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_zero_infinite_and_missing_rows(target):
    x = np.array([[0.0, 0.0], [np.inf, 1.0], [np.nan, 1.0], [3.0, 4.0], [-np.inf, np.inf]])
    z = np.zeros_like(x)
    with np.errstate(all="ignore"):
        found = sd.derive("euclidean_distance").build(target)(x, z)
        unit = sd.derive("l2_normalize").build(target)(x)
    np.testing.assert_array_equal(found, [0, np.inf, np.nan, 5, np.inf])
    np.testing.assert_array_equal(unit[0], [np.nan, np.nan])
    np.testing.assert_array_equal(unit[1], [np.nan, 0])
    np.testing.assert_allclose(unit[3], [0.6, 0.8], rtol=1e-15)


def test_an_empty_row_has_the_norm_zero():
    norm = sd.derive(NORMS["mean of norms"], x="b n").build()
    assert norm(np.ones((3, 0))) == 0


def test_what_is_no_norm_is_left():
    for forward in (
        lambda x: np.sqrt(np.sum(x**4, axis=-1)),
        lambda x: np.sqrt(np.sum(x**2, axis=-1) + 1e-6),
        lambda x: np.sum(x**2, axis=-1) ** (1 / 3),
    ):
        assert scale_squares(sd.derive(forward, x="b n").derived.written) is None


@pytest.mark.parametrize("name", ["l2_normalize", "euclidean_distance", "generalized_mean_pool"])
def test_what_the_steps_speak_of_stays_what_it_is(name):
    certificate = sd.derive(name).verify()
    assert certificate.ok, str(certificate)


def normalized(x: Array, eps: float = 1e-12) -> Array:
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), eps)


def test_a_row_of_zeros_under_a_floor_has_the_gradient_of_the_floor() -> None:
    x, dy = np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[1.0, 2.0], [1.0, 2.0]])
    for target in ("numpy", "c"):
        module = sd.derive(normalized, x="b n").build(target)
        y, residuals = module.fwd(x)
        np.testing.assert_array_equal(y[1], 0)
        (dx,) = module.bwd(residuals, dy)
        np.testing.assert_allclose(dx[1], dy[1] / 1e-12)
        np.testing.assert_allclose(dx[0], (dy[0] - y[0] * (y[0] @ dy[0])) / 5)
