"""Pooling and accumulation: many values become one, or a running total."""

from __future__ import annotations

import numpy as np

from ..index.domains import integers, positive
from .registry import Array, operator


@operator("pooling", x="b c h w")
def global_avg_pool(x: Array) -> Array:
    """The mean of each channel."""
    return np.mean(x, axis=(2, 3))


@operator("pooling", x="b c h w")
def global_max_pool(x: Array) -> Array:
    """The largest value of each channel."""
    return np.max(x, axis=(2, 3))


@operator("pooling", x="... n")
def std_pool(x: Array, axis: int = -1, eps: float = 1e-5) -> Array:
    """The standard deviation along an axis: how much a feature varies."""
    return np.sqrt(np.var(x, axis=axis) + eps)


@operator("pooling", x="... n")
def soft_pool(x: Array, axis: int = -1) -> Array:
    """The mean weighted by softmax: between average and maximum."""
    e = np.exp(x)
    return np.sum(e * x, axis=axis) / np.sum(e, axis=axis)


@operator("pooling", x="b n", r=positive(""))
def lse_pool(x: Array, r: Array) -> Array:
    """A smooth maximum whose sharpness r is learned."""
    return np.log(np.mean(np.exp(r * x), axis=-1)) / r


@operator("pooling", x=positive("b n"), p=positive(""), aliases=("gem",))
def generalized_mean_pool(x: Array, p: Array) -> Array:
    """The power mean with a learned power: average at 1, maximum at infinity."""
    return np.mean(x**p, axis=-1) ** (1 / p)


@operator("pooling", x="b s d", weight="d")
def attention_pool(x: Array, weight: Array) -> Array:
    """The average of a sequence, weighted by a learned score of each place."""
    E = np.exp(x @ weight)
    P = E / np.sum(E, axis=-1, keepdims=True)
    return np.sum(P[:, :, None] * x, axis=1)


@operator("pooling", x="b s d", mask=integers("b s", below=2))
def masked_mean_pool(x: Array, mask: Array) -> Array:
    """The average of a sequence over the places that are not padding."""
    kept = np.where(mask[:, :, None] == 1, x, 0)
    return np.sum(kept, axis=1) / np.sum(mask, axis=1)[:, None]


@operator("pooling", x="b n", weight=positive("b n"))
def weighted_mean(x: Array, weight: Array) -> Array:
    """The average under given weights."""
    return np.sum(weight * x, axis=-1) / np.sum(weight, axis=-1)


@operator("pooling", x="b s d")
def statistics_pool(x: Array, eps: float = 1e-5) -> Array:
    """Mean and standard deviation of a sequence side by side, as in x-vectors."""
    mu = np.mean(x, axis=1)
    sigma = np.sqrt(np.var(x, axis=1) + eps)
    return np.concatenate([mu, sigma], axis=-1)


@operator("pooling", x="... n")
def cumsum(x: Array, axis: int = -1) -> Array:
    """The running total along an axis."""
    return np.cumsum(x, axis=axis)
