"""Likelihoods, mixtures, masks and clips, as people write them."""

from __future__ import annotations

import numpy as np

import symderive as sd
from tests.operators.unseen_table import Array, unseen


@unseen(x="b n", m="")
def norm_clip(x: Array, m: Array) -> Array:
    r = np.sqrt(np.sum(x**2, axis=-1, keepdims=True))
    return np.where(r > m, x * m / r, x)


@unseen(x="b n", y="b n")
def lorentz(x: Array, y: Array) -> Array:
    r = np.sqrt(1 + np.sum(x**2, axis=-1))
    return np.maximum(r * np.sqrt(1 + np.sum(y**2, axis=-1)), 2)


@unseen(x="b n")
def dirichlet_variance(x: Array) -> Array:
    a = np.maximum(x, 0) + 1
    s = np.sum(a, axis=-1, keepdims=True)
    p = a / s
    return np.sum(p * (1 - p) / (s + 1), axis=-1)


@unseen(x="b d", lw="m", ls="m d")
def diagonal_mixture(x: Array, lw: Array, ls: Array) -> Array:
    z = x[:, None, :] / np.exp(ls)
    return np.log(np.sum(np.exp(lw - 0.5 * np.sum(z**2, axis=-1) - np.sum(ls, axis=-1)), axis=-1))


@unseen(a="b", lk="")
def von_mises_fisher(a: Array, lk: Array) -> Array:
    k = np.exp(lk)
    return k * a - np.log((np.exp(k) - np.exp(-k)) / (2 * k))


@unseen(lam="n", p="n")
def zero_inflated(lam: Array, p: Array) -> Array:
    s = 1 / (1 + np.exp(-p))
    return np.log(s + (1 - s) * np.exp(-np.exp(lam)))


@unseen(z="b d", z0="d", a=sd.positive(""), b="")
def radial_flow(z: Array, z0: Array, a: Array, b: Array) -> Array:
    r = np.sqrt(np.sum((z - z0) ** 2, axis=-1, keepdims=True))
    return z + b * (z - z0) / (a + r)


@unseen(x="n", low="n")
def band(x: Array, low: Array) -> Array:
    return np.minimum(np.maximum(x, low), low + 1) ** 2


@unseen(x="b n", w="n m")
def maxout(x: Array, w: Array) -> Array:
    return np.max(np.maximum(x @ w, 0), axis=-1)


@unseen(a="b n", x="b n")
def masked_total(a: Array, x: Array) -> Array:
    return np.sum(np.exp(np.where(a > 0, x, -np.inf)), axis=-1)
