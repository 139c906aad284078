"""Short rows are taken side by side in C: they give what rows by themselves give."""

from __future__ import annotations

import shutil
from functools import cache
from typing import Any

import numpy as np
import pytest

import symderive as sd
from symderive.operators import CATALOGUE
from symderive.verify.layouts import Sizes
from symderive.verify.sampling import draw, free_dims, usual_range

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here"),
    pytest.mark.thinned(6),
]
TOLERANCE = {np.float32: 1e-5, np.float64: 1e-13}


def both_ways(x: Any, w: Any) -> Any:
    """Sums over the rows and along them, and all of them."""
    p = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    return (p * w).sum(axis=0) + np.tanh(p).sum()


def by_number(x: Any, w: Any) -> Any:
    """The number of the row as a value, and what is of the row alone."""
    number = np.arange(x.shape[0])[:, None]
    return (2 * number - 3) * x / np.sqrt((x * x).sum(axis=-1, keepdims=True) + number) + w


def extremes(x: Any, w: Any) -> Any:
    """Results for each row alone."""
    return np.exp(x - x.max(axis=-1, keepdims=True)).sum(axis=-1) * x.min(axis=-1) + w.max()


def side_by_side(name: str) -> bool:
    try:
        return "const long side" in sd.derive(name).source("c")
    except sd.SymderiveError:
        return False


NAMES = ["softmax", "cross_entropy", "layer_norm_affine"]
NAMES += [n for n in sorted(set(CATALOGUE) - set(NAMES)) if side_by_side(n)][::3]


@cache
def pair(name: str) -> tuple[Any, Any, Any]:
    derivation = sd.derive(name)
    return derivation, derivation.build("c"), derivation.build("numpy")


def agree(compiled: Any, plain: Any, inputs: Any, dy: Any, dtype: Any) -> None:
    y, residuals = plain.fwd(*inputs)
    ours, saved = compiled.fwd(*inputs)
    found = [ours, compiled(*inputs), *saved, *compiled.bwd(saved, dy)]
    wanted = [y, y, *residuals, *plain.bwd(residuals, dy)]
    for a, b in zip(found, wanted, strict=True):
        assert np.shape(a) == np.shape(b)
        scale = max(1.0, np.abs(b).max(initial=0, where=np.isfinite(b)))
        np.testing.assert_allclose(a, b, atol=TOLERANCE[dtype] * scale, rtol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_short_rows_give_what_numpy_gives(name: str, dtype: Any) -> None:
    derivation, compiled, plain = pair(name)
    program, rng = derivation.program, np.random.default_rng(0)
    last = program.arguments[0].tensor.dims[-1]
    for rows in (8, 19):
        for n in (1, 3, 10, 23):
            lengths = {d.name: n if d == last else rows for d in free_dims(program)}
            point = draw(program, Sizes(lengths, (rows,)), rng, usual_range(program, rng))
            inputs, dy = point.inputs(program, dtype), point.real_cotangent(program, dtype)
            agree(compiled, plain, inputs, dy, dtype)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "layer_norm", "l1_normalize"])
def test_what_is_not_finite_stays_in_its_row(name: str) -> None:
    _, compiled, plain = pair(name)
    x = np.random.default_rng(1).standard_normal((19, 5)).astype(np.float32)
    x[3, 2], x[4, 0], x[5, 1], x[6], x[17, 4] = np.nan, np.inf, -np.inf, -np.inf, np.nan
    with np.errstate(all="ignore"):
        agree(compiled, plain, (x,), np.ones_like(x), np.float32)
    assert np.isfinite(compiled(x)[[0, 2, 7, 16, 18]]).all()


@pytest.mark.parametrize("function", [both_ways, by_number, extremes])
def test_sums_and_places_of_rows(function: Any) -> None:
    derivation = sd.derive(function, x="b n", w="n")
    assert "const long side" in derivation.source("c")
    compiled, plain, rng = derivation.build("c"), derivation.build(), np.random.default_rng(2)
    for rows in (7, 8, 19, 33):
        x, w = rng.standard_normal((rows, 10)), rng.standard_normal(10)
        agree(compiled, plain, (x, w), np.ones_like(plain(x, w)), np.float64)


def mirrored(x: Any) -> Any:
    return x + np.sum(np.ptp(x[:, None] - x, axis=-1)) + x[::-1].var(-1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_are_read_from_the_end_add_up_to_the_same(dtype: Any) -> None:
    """One group of lanes of them: GCC 12 is told no loop over lanes that runs backwards."""
    derivation = sd.derive(mirrored, x="n")
    made, plain = derivation.build("c", check=False), derivation.build(check=False)
    for n in range(1, 12):
        x, dy = np.random.default_rng(n).standard_normal((2, n)).astype(dtype)
        np.testing.assert_allclose(made(x), plain(x), rtol=1e-5, atol=1e-6)
        (found,), (wanted,) = (k.bwd(k.fwd(x)[1], dy) for k in (made, plain))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
