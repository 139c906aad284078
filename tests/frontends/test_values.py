"""A traced program computes what the NumPy forward computes: one line a function or spelling."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from symderive.index.domains import integers, positive, simplex

from .evaluating import agrees

V, M, P = {"x": "n"}, {"x": "b n"}, {"x": positive("b n")}
XY = {"x": "b n", "y": "b n"}
SQUARE = {"A": "n n"}
Case = tuple[str, Callable[..., Any], dict[str, Any]]


def _named(name: str) -> Callable[..., Any]:
    return lambda x: getattr(np, name)(x)


def _named2(name: str) -> Callable[..., Any]:
    return lambda x, y: getattr(np, name)(x, y)


def _over(name: str, axis: Any, keepdims: bool) -> Callable[..., Any]:
    return lambda x: getattr(np, name)(x, axis=axis, keepdims=keepdims)


def _rotary_halves(x, c, s):
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * c - b * s, a * s + b * c], -1)


def _rotary_pairs(x, c, s):
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * c - b * s, a * s + b * c], -1).reshape(x.shape)


def _heads(x, W):
    b, n, d = x.shape
    heads = 2

    def split(y):
        return y.reshape(b, n, heads, d // heads).transpose(0, 2, 1, 3)

    q, k, v = split(x @ W), split(x @ W.T), split(x)
    p = special.softmax(q @ k.transpose(0, 1, 3, 2) / np.sqrt(d // heads), axis=-1)
    return (p @ v).transpose(0, 2, 1, 3).reshape(b, n, d)


def _pooling(x):
    b, c, d, n = x.shape
    return x.reshape(b, c, d // 2, 2, n // 2, 2).mean(axis=(3, 5))


def _gates(x, W):
    i, f, g, o = np.split(x @ W, 4, axis=-1)
    c = special.expit(f) * 0.5 + special.expit(i) * np.tanh(g)
    return special.expit(o) * np.tanh(c)


def _recurrence(x):
    h = np.zeros(x.shape[0])
    for n in range(x.shape[1]):
        h = 0.9 * h + 0.1 * x[:, n]
    return h


def _margin(x, t):
    rows = np.arange(x.shape[0])
    m = np.maximum(0, x - x[rows, t][:, None] + 1.0)
    m[rows, t] = 0
    return m.sum() / x.shape[0]


def _smoothing(x, t, eps=0.1):
    n, v = x.shape
    q = np.full((n, v), eps / v)
    q[np.arange(n), t] += 1 - eps
    return -(q * special.log_softmax(x, axis=1)).sum() / n


def _mixture(x, mu, w):
    density = np.exp(-((x[:, None] - mu) ** 2) / 2) / np.sqrt(2 * np.pi)
    return np.log(np.sum(w * density, axis=1)).sum()


def _graph(A, x):
    degree = A.sum(1)
    return np.tanh((A / np.sqrt(degree)[:, None] / np.sqrt(degree)) @ x)


UNARY: list[Case] = [
    *(
        (n, _named(n), M)
        for n in [
            "exp",
            "expm1",
            "tanh",
            "sinh",
            "cosh",
            "sin",
            "cos",
            "tan",
            "arctan",
            "arcsinh",
            "abs",
            "absolute",
            "fabs",
            "sign",
            "square",
            "negative",
            "positive",
            "floor",
            "ceil",
            "trunc",
            "fix",
            "rint",
            "exp2",
            "cbrt",
            "deg2rad",
            "rad2deg",
            "sinc",
        ]
    ),
    *((n, _named(n), P) for n in ["log", "log1p", "log2", "log10", "sqrt", "reciprocal"]),
    ("arctanh", lambda x: np.arctanh(np.tanh(x)), M),
    ("arcsin", lambda x: np.arcsin(np.tanh(x)) + np.arccos(np.tanh(x)) * 2, M),
    ("arccosh", lambda x: np.arccosh(1 + x), P),
    ("round", lambda x: np.round(3 * x), M),
    ("heaviside", lambda x: np.heaviside(x, 0.5), M),
    ("clip", lambda x: np.clip(x, -0.5, 0.5), M),
    ("clip method", lambda x: x.clip(0, None), M),
    ("clip names", lambda x: np.clip(x, min=-1, max=0.25), M),
    ("relu", lambda x: np.maximum(x, 0), M),
    ("maximum order", lambda x: np.maximum(0.0, x), M),
    ("minimum", lambda x: np.minimum(x, 0.3), M),
    ("astype", lambda x: (x > 0).astype(np.float64) * x, M),
    ("astype float", lambda x: (x > 0).astype(float), M),
    ("abs builtin", lambda x: abs(x), M),
    ("copy", lambda x: np.copy(x) + x.copy(), M),
]
BINARY: list[Case] = [
    *(
        (n, _named2(n), XY)
        for n in [
            "add",
            "subtract",
            "multiply",
            "divide",
            "true_divide",
            "maximum",
            "minimum",
            "hypot",
            "logaddexp",
            "logaddexp2",
            "arctan2",
            "copysign",
            "fmax",
            "fmin",
            "fmod",
        ]
    ),
    ("power", lambda x, y: np.power(x, y), {"x": positive("b n"), "y": "b n"}),
    ("pow number", lambda x: x**3 + x**-2 + 2.0**x, P),
    ("rpow", lambda x: 2**x, M),
    ("rdiv", lambda x: 1 / x - 2, P),
    ("rsub", lambda x: 1.5 - x, M),
    ("sqrt power", lambda x: x**0.5 + x**1.5, P),
    ("mod", lambda x: x % 1.5, M),
    ("floordiv", lambda x: x // 0.7, M),
    ("neg pos", lambda x: -x + (+x) * 3, M),
    ("broadcast row", lambda x, w: x * w, {"x": "b n", "w": "n"}),
    ("broadcast column", lambda x, w: x * w[:, None], {"x": "b n", "w": "b"}),
    ("broadcast both", lambda x, w: x[:, None] - w[None, :], {"x": "b", "w": "n"}),
    ("broadcast ones", lambda x, w: x * w, {"x": "b 1", "w": "1 n"}),
    ("scalar", lambda x, s: x * s + s, {"x": "b n", "s": ""}),
    ("same dim twice", lambda u: u[:, None] * u[None, :], {"u": "n"}),
    ("same dim twice minus", lambda u: (u[:, None] - u) ** 2, {"u": "n"}),
    ("batch dims", lambda x, w: x * w + x.sum(axis=-1, keepdims=True), {"x": "... n", "w": "n"}),
    ("constants", lambda x: x * np.pi + np.e - math.sqrt(2) * x, M),
    ("numpy scalar", lambda x: np.float64(0.1) * x + np.float32(0.5), M),
    ("constant array", lambda x: x * np.array([1.0, -2.0, 0.5]), {"x": "b 3"}),
    ("constant list", lambda x: np.add(x, [1, 2, 3]), {"x": "b 3"}),
]
TRUTH: list[Case] = [
    ("where", lambda x: np.where(x > 0, x, 0.1 * x), M),
    ("where two", lambda x, y: np.where(x > y, x, y * 2), XY),
    ("where and", lambda x: np.where((x > -0.5) & (x < 0.5), x**2, 1.0), M),
    ("where or", lambda x: np.where((x < -0.5) | (x > 0.5), x**2, 3.0), M),
    ("where not", lambda x: np.where(~(x > 0), x**2, 3.0), M),
    ("where xor", lambda x, y: np.where((x > 0) ^ (y > 0), x, y), XY),
    ("where eq", lambda x: np.where(np.arange(4) == 2, x, -x), {"x": "b 4"}),
    (
        "where ne",
        lambda x, t: np.where(np.arange(x.shape[1]) != t[:, None], x, 0),
        {"x": "b n", "t": integers("b", below="n")},
    ),
    (
        "logical",
        lambda x: np.where(
            np.logical_or(np.logical_and(x > 0, x < 1), np.logical_not(x > -1)), x, 5
        ),
        M,
    ),
    ("nested", lambda x: np.where(x > 1, 1, np.where(x < -1, -1, x)), M),
    ("mask times", lambda x: (x > 0) * x, M),
    ("mask sum", lambda x: (x > 0).sum(axis=-1), M),
    ("mask mean", lambda x: np.mean(x > 0), M),
    ("infinity", lambda x: np.exp(np.where(x > 0, x, -np.inf)), M),
    ("any", lambda x: np.where((x > 1).any(axis=-1), 1.0, 2.0), M),
    ("all", lambda x: np.where(np.all(x > -1, axis=0), 1.0, 2.0), M),
]
REDUCE: list[Case] = [
    *(
        (
            f"{n} {axis} {keep}",
            _over(n, axis, keep),
            {"x": "b n m"},
        )
        for n in ["sum", "mean", "var", "std", "max", "min", "prod"]
        for axis, keep in ((-1, True), (0, False), ((0, 2), False), (None, False), ((1, -1), True))
    ),
    (
        "methods",
        lambda x: x.sum() + x.mean(-1) + x.max(axis=1) - x.min(1) + x.std(axis=-1) + x.var(-1),
        M,
    ),
    ("prod method", lambda x: x.prod(axis=0), M),
    ("ddof", lambda x: np.var(x, axis=-1, ddof=1) + np.std(x, axis=-1, ddof=1), M),
    ("amax", lambda x: np.amax(x, axis=0) - np.amin(x, axis=0), M),
    ("ptp", lambda x: np.ptp(x, axis=-1), M),
    ("norm", lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), M),
    ("norm all", lambda x: np.linalg.norm(x), M),
    ("norm 1", lambda x: np.linalg.norm(x, ord=1, axis=-1), M),
    ("norm inf", lambda x: np.linalg.norm(x, np.inf, axis=-1), M),
    ("norm 3", lambda x: np.linalg.norm(x, 3, axis=-1), M),
    ("average", lambda x: np.average(x, axis=-1), M),
    ("weighted", lambda x, w: np.average(x, axis=-1, weights=w), {"x": "b n", "w": positive("n")}),
    ("cumsum", lambda x: np.cumsum(x, axis=-1), M),
    ("cumsum first", lambda x: x.cumsum(axis=0), M),
    ("cumsum flat", lambda x: np.cumsum(x), V),
    ("cumprod", lambda x: np.cumprod(x, axis=-1), M),
    ("sum where", lambda x: np.sum(x, axis=-1, where=x > 0), M),
    ("sum initial", lambda x: np.sum(x, axis=-1, initial=2.0), M),
    (
        "sum of constant",
        lambda x: np.sum(np.ones_like(x), axis=-1) + np.ones_like(x).prod() + x.sum(),
        M,
    ),
    ("add reduce", lambda x: np.add.reduce(x, axis=-1) + np.maximum.reduce(x, axis=-1), M),
    ("accumulate", lambda x: np.add.accumulate(x, axis=-1), M),
    ("count", lambda x: np.count_nonzero(x > 0, axis=-1) + 0.0 * x.sum(), M),
]
SHAPES: list[Case] = [
    ("T", lambda x: x.T, M),
    ("T square", lambda A: A.T - 2 * A, SQUARE),
    ("transpose", lambda x: np.transpose(x, (2, 0, 1)), {"x": "b n m"}),
    ("transpose method", lambda x: x.transpose(1, 0, 2), {"x": "b n m"}),
    ("swapaxes", lambda x: np.swapaxes(x, 0, -1) + x.swapaxes(0, 2), {"x": "b n m"}),
    ("moveaxis", lambda x: np.moveaxis(x, 0, -1), {"x": "b n m"}),
    ("moveaxis two", lambda x: np.moveaxis(x, (0, 1), (2, 0)), {"x": "b n m"}),
    ("expand", lambda x: np.expand_dims(x, 1) * np.expand_dims(x, (0, -1)), V),
    (
        "squeeze",
        lambda x: np.squeeze(x.sum(axis=1, keepdims=True)) + x.mean(1, keepdims=True).squeeze(1),
        M,
    ),
    ("newaxis", lambda x: x[..., np.newaxis] * x[:, None], M),
    ("ravel", lambda x: x.ravel() * 2 + x.flatten() + np.ravel(x), M),
    ("merge", lambda x: x.reshape(-1, x.shape[-1]), {"x": "b n m"}),
    ("merge sum", lambda x: x.reshape(x.shape[0], -1).sum(axis=1), {"x": "b n m"}),
    ("merge and back", lambda x: (x.reshape(-1) * 2).reshape(x.shape), M),
    ("split", lambda x: x.reshape(x.shape[0], 2, x.shape[1] // 2).max(axis=-1), M),
    ("split open", lambda x: x.reshape(x.shape[0], -1, 2).mean(axis=-1), M),
    ("split front", lambda x: x.reshape(2, -1) * 2, {"x": "n"}),
    (
        "split heads",
        lambda x: x.reshape(x.shape[0], x.shape[1], 2, x.shape[2] // 2).transpose(0, 2, 1, 3),
        {"x": "b n d"},
    ),
    (
        "split and merge",
        lambda x: x.reshape(x.shape[0], 2, -1).transpose(0, 2, 1).reshape(x.shape),
        {"x": "b d"},
    ),
    ("split twice", lambda x: x.reshape(2, 2, -1).sum(0) + x.reshape(4, -1).sum() * 0, {"x": "8"}),
    ("split constant", lambda x: x.reshape(-1, 2, 3).sum(axis=1), {"x": "b 6"}),
    (
        "group norm",
        lambda x: x / np.sqrt((x.reshape(x.shape[0], 2, -1) ** 2).mean(axis=2)).sum(1)[:, None],
        M,
    ),
    ("groups named", lambda x: x.sum(axis=1, keepdims=True) * x, {"x": "b (g c) w"}),
    ("groups split", lambda x: x.reshape(x.shape[0], 2, 3, 2).mean(axis=2), {"x": "b (2 3) 2"}),
    ("groups transposed", lambda x: x.T @ x, {"x": "b (g c)"}),
    ("groups merged more", lambda x: x.reshape(x.shape[0], -1) - 1, {"x": "b (g c) w"}),
    ("broadcast_to", lambda x: np.broadcast_to(x.mean(-1, keepdims=True), x.shape), M),
    ("broadcast_to new", lambda x: np.broadcast_to(x, (3, *x.shape)), V),
    ("concatenate", lambda x, y: np.concatenate([x, y], axis=-1), {"x": "b n", "y": "b m"}),
    ("concatenate three", lambda x: np.concatenate((x, 2 * x, x[:, :1]), axis=1), M),
    (
        "concatenate used",
        lambda x, y: np.concatenate([x, y]).sum() + np.concatenate([x, y]).max(),
        {"x": "n", "y": "m"},
    ),
    ("stack", lambda x, y: np.stack([x, y], axis=1), XY),
    ("stack last", lambda x, y: np.stack([x, y], axis=-1).sum(axis=0), XY),
    ("array of arrays", lambda x: np.array([x, 2 * x]), V),
    ("hstack", lambda x: np.hstack([x, x]) * 2, V),
    ("vstack", lambda x: np.vstack([x, x]), V),
    ("flip", lambda x: np.flip(x, axis=-1) + x[::-1], M),
    ("roll", lambda x: np.roll(x, 1, axis=-1) + np.roll(x, -2, axis=0), M),
    ("diff", lambda x: np.diff(x, axis=-1) ** 2, M),
    ("diff twice", lambda x: np.diff(x, n=2), M),
    ("pad", lambda x: np.pad(x, ((0, 0), (1, 2))), M),
    ("split halves", lambda x: np.prod(np.stack(np.split(x, 2, axis=-1)), axis=0), M),
    ("split places", lambda x: np.split(x, [1], axis=-1)[1], M),
]
INDEX: list[Case] = [
    ("number", lambda x: x[0] + x[-1], M),
    ("number last", lambda x: x[:, 1] * x[..., -2], M),
    ("slice", lambda x: x[:, 1:] - x[:, :-1], M),
    ("slice const", lambda x: x[1:3], {"x": "6 n"}),
    ("slice clipped", lambda x: x[-2:100], {"x": "6"}),
    ("slice front", lambda x: x[:2], M),
    ("slice end", lambda x: x[-2:], M),
    ("slice step", lambda x: x[::2], {"x": "7"}),
    ("slice step named", lambda x: x[:, ::2] * x[:, 1::2], M),
    ("slice negative", lambda x: x[::-1], V),
    ("slice negative step", lambda x: x[5:1:-2], {"x": "7"}),
    ("slice negative const", lambda x: x[::-2], {"x": "7"}),
    ("halves", lambda x: x[:, : x.shape[1] // 2] * np.tanh(x[:, x.shape[1] // 2 :]), M),
    (
        "halves joined",
        lambda x: np.concatenate(
            [-x[..., x.shape[-1] // 2 :], x[..., : x.shape[-1] // 2]], axis=-1
        ),
        M,
    ),
    ("slice of slice", lambda x: x[1:][1:], V),
    ("sum of slice", lambda x: x[1:].sum() + x[:-1].mean(), V),
    ("ellipsis", lambda x: x[..., 0], {"x": "b n m"}),
    ("ellipsis middle", lambda x: x[0, ..., -1], {"x": "b n m"}),
    (
        "labels",
        lambda x, t: x[np.arange(x.shape[0]), t],
        {"x": "b n", "t": integers("b", below="n")},
    ),
    (
        "labels len",
        lambda x, t: -np.mean(np.log(x)[np.arange(len(t)), t]),
        {"x": positive("b n"), "t": integers("b", below="n")},
    ),
    ("embedding", lambda W, t: W[t] * 2, {"W": "n d", "t": integers("b", below="n")}),
    ("embedding matrix", lambda W, t: W[t], {"W": "n d", "t": integers("b m", below="n")}),
    ("labels column", lambda x, t: x[:, t], {"x": "b n", "t": integers("m", below="n")}),
    ("labels apart", lambda x, t: x[t, :, t], {"x": "n b n", "t": integers("m", below="n")}),
    ("labels and number", lambda x, t: x[0, t], {"x": "b n", "t": integers("m", below="n")}),
    ("labels and slice", lambda x, t: x[t, 1:], {"x": "n m", "t": integers("b", below="n")}),
    (
        "one hot",
        lambda x, t: np.sum(x * np.eye(x.shape[1])[t], axis=1),
        {"x": "b n", "t": integers("b", below="n")},
    ),
    (
        "one hot eq",
        lambda x, t: x * (t[:, None] == np.arange(x.shape[1])),
        {"x": "b n", "t": integers("b", below="n")},
    ),
    (
        "take along",
        lambda x, t: np.take_along_axis(x, t[:, None], axis=1)[:, 0],
        {"x": "b n", "t": integers("b", below="n")},
    ),
    (
        "take along many",
        lambda x, t: np.take_along_axis(x, t, axis=-1),
        {"x": "b n", "t": integers("b m", below="n")},
    ),
    ("take", lambda x, t: np.take(x, t, axis=1), {"x": "b n", "t": integers("m", below="n")}),
    ("merged first", lambda x: x[:, 0] + x[:, -1], {"x": "b (g c)"}),
    ("flip merged", lambda x: x[:, ::-1], {"x": "b (g c)"}),
]
PRODUCTS: list[Case] = [
    ("matmul", lambda x, w: x @ w, {"x": "b n", "w": "n m"}),
    ("matvec", lambda x, w: x @ w, {"x": "b n", "w": "n"}),
    ("vecmat", lambda x, w: np.matmul(w, x), {"x": "b n", "w": "b"}),
    ("vecvec", lambda x, y: x @ y, {"x": "n", "y": "n"}),
    ("batch", lambda q, k: q @ k.swapaxes(-1, -2), {"q": "b h n d", "k": "b h m d"}),
    ("batch one side", lambda x, w: x @ w, {"x": "b n d", "w": "d m"}),
    ("batch other side", lambda x, w: w @ x, {"x": "b n d", "w": "m n"}),
    ("gram", lambda u: u @ u.T, {"u": "n d"}),
    ("gram inner", lambda u: u.T @ u, {"u": "n d"}),
    ("square twice", lambda A: A @ A, SQUARE),
    ("cube", lambda A: A @ A.T @ A, SQUARE),
    ("quadratic", lambda A, x: x @ A @ x, {"A": "n n", "x": "n"}),
    ("dot", lambda x, w: np.dot(x, w) + x.dot(w), {"x": "b n", "w": "n m"}),
    ("dot 3", lambda x, w: np.dot(x, w), {"x": "b n", "w": "m n d"}),
    ("inner", lambda x, w: np.inner(x, w), {"x": "b n", "w": "m n"}),
    ("outer", lambda x, w: np.outer(x, w), {"x": "b", "w": "n"}),
    ("outer same", lambda x: np.outer(x, x), V),
    ("ufunc outer", lambda x, w: np.subtract.outer(x, w), {"x": "b", "w": "n"}),
    ("vdot", lambda x, y: np.vdot(x, y), XY),
    ("vecdot", lambda x, y: np.vecdot(x, y), XY),
    ("tensordot", lambda x, w: np.tensordot(x, w, axes=1), {"x": "b n", "w": "n m"}),
    (
        "tensordot pairs",
        lambda x, w: np.tensordot(x, w, axes=([1, 0], [0, 1])),
        {"x": "b n", "w": "n b"},
    ),
    ("einsum", lambda x, w: np.einsum("bi,io->bo", x, w), {"x": "b n", "w": "n m"}),
    ("einsum implicit", lambda x, w: np.einsum("ij,jk", x, w), {"x": "b n", "w": "n m"}),
    ("einsum trace", lambda A: np.einsum("ii", A), SQUARE),
    ("einsum diagonal", lambda A: np.einsum("ii->i", A), SQUARE),
    (
        "einsum three",
        lambda x, A, y: np.einsum("bi,ij,bj->b", x, A, y),
        {"x": "b n", "A": "n m", "y": "b m"},
    ),
    ("einsum dots", lambda x, w: np.einsum("...i,io->...o", x, w), {"x": "b m n", "w": "n d"}),
    (
        "einsum dots both",
        lambda q, k: np.einsum("...id,...jd->...ij", q, k),
        {"q": "b h n d", "k": "b h m d"},
    ),
    ("einsum transposed", lambda x: np.einsum("ij->ji", x), M),
    ("einsum sum", lambda x: np.einsum("ij->", x), M),
    ("einsum repeated", lambda x, A: np.einsum("bi,ii,bi->b", x, A, x), {"x": "b n", "A": "n n"}),
    ("trace", lambda A: np.trace(A) + A.trace(), SQUARE),
    ("diagonal", lambda A: np.diagonal(A) + A.diagonal() + np.diag(A), SQUARE),
    ("diag of vector", lambda x: np.diag(x) @ np.diag(x), V),
    ("tril", lambda A: np.tril(A) - np.triu(A, 1), SQUARE),
    (
        "causal",
        lambda q: np.where(np.tril(np.ones((q.shape[0], q.shape[0]))) > 0, q @ q.T, -1e9).max(-1),
        {"q": "n d"},
    ),
    ("eye", lambda A: A + 2 * np.eye(A.shape[0]) + np.identity(len(A)), SQUARE),
    ("eye k", lambda A: A * np.eye(A.shape[0], k=1), SQUARE),
    ("tri", lambda A: A * np.tri(A.shape[0]), SQUARE),
    ("arange", lambda x: x * np.arange(x.shape[-1]), M),
    ("arange from", lambda x: x * np.arange(1, x.shape[-1] + 1), M),
    (
        "arange pairs",
        lambda A: np.where(np.arange(len(A))[:, None] >= np.arange(len(A)), A, 0),
        SQUARE,
    ),
    ("zeros", lambda x: np.zeros(x.shape) + np.zeros_like(x) + np.ones((x.shape[0], 1)) * x, M),
    ("full", lambda x: np.full(x.shape, 2.0) * x + np.full_like(x, 3), M),
    ("sizes", lambda x: x.sum() / x.size + x.sum(0) / x.shape[0] + len(x), M),
    ("math of sizes", lambda q, k: q @ k.T / math.sqrt(q.shape[-1]), {"q": "n d", "k": "m d"}),
    (
        "np of sizes",
        lambda q, k: q @ k.T / np.sqrt(k.shape[1]) + q.shape[0] ** -0.5,
        {"q": "n d", "k": "m d"},
    ),
    (
        "simplex",
        lambda p, q: np.sum(p * np.log(p / q), axis=-1),
        {"p": simplex("b n"), "q": simplex("b n")},
    ),
]
B = {"x": "... n"}
BATCH: list[Case] = [
    ("batch softmax", lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True), B),
    ("batch index", lambda x: x[..., 0] + x[..., -1], B),
    ("batch new axis", lambda x: x[..., None] * x[..., None, :], B),
    ("batch matmul", lambda x, w: x @ w, {"x": "... n", "w": "n m"}),
    ("batch heads", lambda x: x.reshape(*x.shape[:-1], 2, -1).sum(axis=-1), B),
    ("batch shape", lambda x: np.zeros(x.shape) + x / x.shape[-1], B),
    ("batch total", lambda x: x.sum() / x.size, B),
    ("batch stack", lambda x: np.stack([x, 2 * x], axis=-1), B),
    ("batch join", lambda x: np.concatenate([x, x[..., :1]], axis=-1), B),
    ("batch flip", lambda x: np.flip(x, axis=-1) + np.roll(x, 1, axis=-1), B),
    ("batch diff", lambda x: np.diff(x) + np.split(x, [1], axis=-1)[1], B),
    ("batch attention", lambda q, k: q @ np.swapaxes(k, -1, -2), {"q": "... n d", "k": "... m d"}),
    ("batch einsum", lambda x, w: np.einsum("...i,i->...", x, w), {"x": "... n", "w": "n"}),
    ("batch cumsum", lambda x: np.cumsum(x, axis=-1) + x.max(-1, keepdims=True), B),
]
ODD: list[Case] = [
    ("sum of list", lambda x, y: np.sum([x, y], axis=0) + np.max([x, 2 * y], axis=0), XY),
    ("mean of list", lambda x, y: np.mean([x, y], axis=0) + np.mean([x, y]), XY),
    ("prod of shape", lambda x: x.sum() / np.prod(x.shape) + math.prod(x.shape), M),
    ("tile", lambda x: np.tile(x, 2), M),
    ("tile rows", lambda x: np.tile(x, (2, 1, 3)), M),
    ("repeat", lambda x: np.repeat(x, 2, axis=-1), M),
    ("repeat flat", lambda x: np.repeat(x, 3), M),
    ("kron", lambda A, B: np.kron(A, B), {"A": "b n", "B": "m d"}),
    ("select", lambda x: np.select([x < 0, x < 1], [x * 0, x**2], x), M),
    ("logsumexp", lambda x: special.logsumexp(x, axis=-1), M),
    ("softmax", lambda x: special.softmax(x, axis=-1), M),
    ("log_softmax", lambda x: special.log_softmax(x, axis=-1), M),
    ("expit", lambda x: special.expit(x) + special.erf(x) + special.erfc(x), M),
    ("log_expit", lambda x: special.log_expit(x) + special.logit(special.expit(x)), M),
    ("ndtr", lambda x: special.ndtr(x) * special.xlogy(x * x, x * x + 1), M),
    ("rotary halves", _rotary_halves, {"x": "b (2 m)", "c": "m", "s": "m"}),
    ("rotary pairs", _rotary_pairs, {"x": "b (m 2)", "c": "m", "s": "m"}),
    ("heads", _heads, {"x": "b n d", "W": "d d"}),
    ("pooling", _pooling, {"x": "b c d n"}),
    ("gates", _gates, {"x": "b n", "W": "n (4 m)"}),
    ("recurrence", _recurrence, {"x": "b 4"}),
    ("margin", _margin, {"x": "b n", "t": integers("b", below="n")}),
    ("smoothing", _smoothing, {"x": "b n", "t": integers("b", below="n")}),
    ("mixture", _mixture, {"x": "b", "mu": "n", "w": positive("n")}),
    ("graph", _graph, {"A": positive("n n"), "x": "n d"}),
]
CASES = [*BATCH, *ODD, *UNARY, *BINARY, *TRUTH, *REDUCE, *SHAPES, *INDEX, *PRODUCTS]


@pytest.mark.parametrize(("forward", "domains"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_program_computes_what_numpy_computes(
    forward: Callable[..., Any], domains: dict[str, Any]
) -> None:
    agrees(forward, domains)
