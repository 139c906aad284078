"""Forwards whose generated NumPy once raised, or took more of an array than was meant: each kind in
several spellings, against the forward itself and central differences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import erf, expit

import symderive as sd
from symderive.index.domains import Domain
from tests.oracles import differences
from tests.oracles.compare import assert_same

pytestmark = pytest.mark.thinned(4)

Array = Any
Dims = dict[str, str | Domain]
LENGTHS = {"b": 3, "n": 5, "m": 4, "w": 8}


def labels(dims: str, below: str = "n") -> Domain:
    return sd.integers(dims, below=below)


def ones(x: Array) -> Array:
    return np.concatenate([x, np.ones((x.shape[0], 1))], axis=1)


def ends_doubled(x: Array) -> Array:
    p = x * 1.0
    p[-1] *= 2
    return np.cumsum(np.diag(p)[:, ::-1], axis=1)[:, ::-1]


def first_less_last(x: Array) -> Array:
    turned = np.flip(np.diag(x), 0)
    kept = np.where((turned == turned.max(-1, keepdims=True)) & (turned[::-1] < 0.6), turned, 0.2)
    first = kept[0]
    kept[-1] -= first
    return first + kept.sum()


def row_and_rest(p: Array, u: Array) -> Array:
    return np.sum(p[u][:, :-1] ** 2, axis=1) + p[u][:, -1]


def twice_repeated(x: Array) -> Array:
    r = np.repeat(x, 2, axis=0).T
    return np.concatenate([r, r], axis=1)


CASES: dict[str, tuple[Callable[..., Array], Dims]] = {
    # an index over one dim that reads a part of a longer axis
    "trace of a corner": (
        lambda a: np.trace(a[:, :3, :3], axis1=1, axis2=2), {"a": "b 4 4"}),
    "diagonal of a corner": (lambda a: np.diagonal(a[1:, :3]) ** 2, {"a": "4 5"}),
    "rows and a column": (row_and_rest, {"p": "m 4", "u": labels("b", "m")}),
    "rows of any length": (row_and_rest, {"p": "m n", "u": labels("b", "m")}),
    "rows by homogeneous points": (
        lambda w, t, p: w[t] @ np.concatenate([p, np.ones(1)]),
        {"w": "m 4", "t": labels("b", "m"), "p": "3"}),
    "the next label": (
        lambda z, t: z[:-1][np.arange(z.shape[0] - 1), t[1:]],
        {"z": "b n", "t": labels("b")}),
    "a label beyond the part": (
        lambda v, t: (np.arange(4) == t[:, None]).T @ v, {"v": "b", "t": labels("b")}),
    "labels beyond a part of rows": (
        lambda v, t: (np.arange(2)[:, None] == t) @ v, {"v": "b m", "t": labels("b")}),
    "a label beyond the part alone": (
        lambda v, t: (np.arange(2) == t) * v[:2], {"v": "n", "t": labels("")}),
    "the first of many": (lambda z: z[:, :2].sum(-1) * z[:, -2:].prod(-1), {"z": "b n"}),
    "a choice in a part": (
        lambda z, t: z[:, 1:] * (np.arange(z.shape[1] - 1) == t[:, None]),
        {"z": "b n", "t": labels("b")}),
    "a part of a longer weight": (lambda x, w: np.tanh(x) * w[:4], {"x": "4 m", "w": "5 m"}),
    "a diagonal into a row": (ends_doubled, {"x": "n"}),
    # a sum over what a term does not have, beside a contraction
    "a term without an index": (
        lambda a, x: (a[:, None, None] * x + x[:, :1]).sum((1, 2)), {"a": "m", "x": "b n"}),
    # truth values and whole numbers have a largest, too
    "any": (lambda x: (x > 0).any() * x, {"x": "b n"}),
    "all of a row": (lambda x: np.all(x > -1, axis=-1) * x.sum(-1), {"x": "b n"}),
    "the largest truth": (lambda x: (x > 0).max(0) * x, {"x": "b n"}),
    "both anywhere": (
        lambda x: np.where(((x > 0) & (x < 1)).any(-1, keepdims=True), x, 2 * x), {"x": "b n"}),
    "a truth value's softmax": (
        lambda x: x * np.exp((x > 0) - (x > 0).max(-1, keepdims=True) * 1.0), {"x": "b n"}),
    "the largest label": (lambda x, t: t.max() * x, {"x": "b n", "t": labels("b")}),
    # a length that stands in one axis twice
    "one axis into pairs of pairs": (lambda x: x.reshape(-1, 2, 2).sum(-1), {"x": "w"}),
    "repeated and joined": (twice_repeated, {"x": "n n"}),
    "an outer product in a row": (lambda x: (x[:, None] * x).reshape(-1), {"x": "n"}),
    # parts in parts
    "homogeneous points": (
        lambda t, p: np.einsum("bij,bj->bi", t, ones(p))[:, :3], {"t": "b 4 4", "p": "b 3"}),
    "blocks of blocks": (
        lambda x, z: np.concatenate([np.concatenate([x, z]), np.concatenate([z, x])], axis=1) * 2,
        {"x": "n n", "z": "n n"}),
    # functions of equal operands, and of numbers alone
    "log of twice an exponential": (lambda x: np.logaddexp(x, x), {"x": "n"}),
    "a function of nothing": (lambda x: expit(x - x) * np.cos(x - x) * x, {"x": "n"}),
    "a function of a length": (lambda x: expit(1 / x.shape[0]) * x, {"x": "n"}),
    "a function of a parameter": (lambda x, eps=0.3: expit(eps) * erf(eps * 2) * x, {"x": "n"}),
    "equal operands compared": (
        lambda x: np.greater(np.greater(x, x), np.less(x, x)) * 1.0 + x, {"x": "n"}),
    "lengths compared": (first_less_last, {"x": "n"}),
    "rows of rows": (lambda z, t: z[t][t] * 2, {"z": "n m", "t": labels("n")}),
}  # fmt: skip


def arrays(dims: Dims) -> list[Array]:
    rng = np.random.default_rng(4)
    found = []
    for given in dims.values():
        names = (given if isinstance(given, str) else given.dims).split()
        shape = [int(n) if n.isdigit() else LENGTHS[n] for n in names]
        if isinstance(given, str):
            found.append(rng.normal(size=shape))
        else:
            found.append(rng.integers(0, LENGTHS[str(given.below)], shape))
    return found


@pytest.mark.parametrize("target", ["numpy", "numpy-tuned"])
@pytest.mark.parametrize("name", CASES)
def test_the_code_runs_and_agrees(name: str, target: str) -> None:
    forward, dims = CASES[name]
    code = sd.derive(forward, **dims).build(target)
    if target == "numpy-tuned":
        code.module.LARGE, code.module.BLOCK = 1, 2
    given = arrays(dims)
    wanted = np.asarray(forward(*given), float)
    found, residuals = code.fwd(*given)
    assert_same("value", (found,), (wanted,), 1e-12)
    g = np.random.default_rng(5).uniform(0.5, 1.5, wanted.shape)
    real = [a for a in given if a.dtype.kind == "f"]

    def of_reals(*values: Array) -> Array:
        rest = iter(values)
        return np.asarray(
            forward(*(next(rest) if a.dtype.kind == "f" else a for a in given)), float
        )

    assert_same("gradient", code.bwd(residuals, g), differences.central(of_reals, real, g), 1e-5)


EMPTY: dict[str, tuple[Callable[..., Array], Dims, str]] = {
    "rows by columns": (lambda x, w: x @ w, {"x": "b m n", "w": "n w"}, "bmnw"),
    "batch of rows": (lambda x, w: np.tanh(x @ w), {"x": "... n", "w": "n m"}, "nm"),
    "a mean beside a sum": (lambda x: x.sum(1) + x.mean(1), {"x": "b n"}, "bn"),
    "lengths below": (lambda x: x * (1 + 2 / x.shape[0] ** 0.5), {"x": "n"}, "n"),
    "unbiased variance": (lambda x: x.var(1, ddof=1) + x.sum(1), {"x": "b n"}, "b"),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", EMPTY)
def test_gradients_along_empty_axes(name: str) -> None:
    forward, dims, empty = EMPTY[name]
    code = sd.derive(forward, **dims).build("numpy")
    for dim in empty:
        lengths = {**LENGTHS, "...": 2, dim: 0}
        given = [np.ones([lengths[n] for n in str(d).split()]) for d in dims.values()]
        y, residuals = code.fwd(*given)
        gradients = code.bwd(residuals, np.ones_like(y))
        assert [g.shape for g in gradients] == [x.shape for x in given]
        assert not any(g.any() for g in gradients)


SHORT: dict[str, tuple[Callable[..., Array], int]] = {
    "first": (lambda x: x * x[0], 1),
    "last": (lambda x: x - x[-1], 1),
    "first, kept": (lambda x: np.concatenate([x, x[:1]]), 1),
    "last two": (lambda x: x[-2:] * 2, 2),
    "last three, turned": (lambda x: x[:-4:-1] * 2, 3),
    "from the third last": (lambda x: x[-3:-1] * 2, 3),
    "unbiased": (lambda x: np.var(x, ddof=1), 1),
    "less by two": (lambda x: np.std(x, ddof=2) + x.sum(), 2),
}


@pytest.mark.parametrize("target", ["numpy", "c"])
@pytest.mark.parametrize("name", SHORT)
def test_an_axis_that_is_too_short_is_refused(name: str, target: str) -> None:
    forward, least = SHORT[name]
    code = sd.derive(forward, x="n").build(target)
    with pytest.raises(ValueError, match=f"takes n of at least {least}, not"):
        code(np.ones(least - 1))
    x = np.arange(3.0)
    np.testing.assert_allclose(code(x), forward(x), rtol=1e-12)
