"""Normalisations: rows, columns or groups brought to a standard mean, variance or length."""

from __future__ import annotations

import numpy as np

from .registry import Array, operator


@operator("normalisation", x="... n")
def layer_norm(x: Array, axis: int = -1, eps: float = 1e-5) -> Array:
    """Each row at mean 0 and variance 1, without weights."""
    mu = np.mean(x, axis=axis, keepdims=True)
    sigma = np.sqrt(np.mean((x - mu) ** 2, axis=axis, keepdims=True) + eps)
    return (x - mu) / sigma


@operator("normalisation", x="b n", weight="n", bias="n")
def layer_norm_affine(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    """Each row at mean 0 and variance 1, then scaled and shifted by learned weights."""
    mu = np.mean(x, axis=-1, keepdims=True)
    sigma = np.sqrt(np.mean((x - mu) ** 2, axis=-1, keepdims=True) + eps)
    h = (x - mu) / sigma
    return weight * h + bias


@operator("normalisation", x="... n")
def rms_norm(x: Array, axis: int = -1, eps: float = 1e-6) -> Array:
    """Each row at mean square 1: a layer norm that leaves the mean alone."""
    r = 1 / np.sqrt(np.mean(x**2, axis=axis, keepdims=True) + eps)
    return x * r


@operator("normalisation", x="b n", weight="n")
def rms_norm_affine(x: Array, weight: Array, eps: float = 1e-6) -> Array:
    """Each row at mean square 1, then scaled by learned weights, as in LLaMA."""
    r = 1 / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + eps)
    return weight * x * r


@operator("normalisation", x="b n", weight="n", bias="n")
def batch_norm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    """Each column at mean 0 and variance 1 over the batch, then scaled and shifted."""
    mu = np.mean(x, axis=0)
    sigma = np.sqrt(np.var(x, axis=0) + eps)
    h = (x - mu) / sigma
    return weight * h + bias


@operator("normalisation", x="b g c s", weight="g c", bias="g c")
def group_norm(x: Array, weight: Array, bias: Array, eps: float = 1e-5) -> Array:
    """Each group of channels at mean 0 and variance 1 over all its places, then an affine map."""
    mu = np.mean(x, axis=(2, 3), keepdims=True)
    sigma = np.sqrt(np.var(x, axis=(2, 3), keepdims=True) + eps)
    h = (x - mu) / sigma
    return weight[:, :, None] * h + bias[:, :, None]


@operator("normalisation", x="b c h w")
def instance_norm(x: Array, eps: float = 1e-5) -> Array:
    """Each channel of each image at mean 0 and variance 1: takes contrast out of a style."""
    mu = np.mean(x, axis=(2, 3), keepdims=True)
    sigma = np.sqrt(np.var(x, axis=(2, 3), keepdims=True) + eps)
    return (x - mu) / sigma


@operator("normalisation", x="... n")
def l2_normalize(x: Array, axis: int = -1) -> Array:
    """Each row at length 1: a direction."""
    norm = np.sqrt(np.sum(x**2, axis=axis, keepdims=True))
    return x / norm


@operator("normalisation", x="... n")
def l1_normalize(x: Array, axis: int = -1) -> Array:
    """Each row at a sum of absolute values of 1."""
    return x / np.sum(np.abs(x), axis=axis, keepdims=True)


@operator("normalisation", x="... n")
def standardize(x: Array, axis: int = -1) -> Array:
    """Each row at mean 0 and standard deviation 1, the z-score."""
    return (x - np.mean(x, axis=axis, keepdims=True)) / np.std(x, axis=axis, keepdims=True)


@operator("normalisation", x="... n")
def center(x: Array, axis: int = -1) -> Array:
    """Each row without its mean."""
    return x - np.mean(x, axis=axis, keepdims=True)


@operator("normalisation", x="... n")
def min_max_scale(x: Array, axis: int = -1) -> Array:
    """Each row from 0 at its minimum to 1 at its maximum."""
    low = np.min(x, axis=axis, keepdims=True)
    high = np.max(x, axis=axis, keepdims=True)
    return (x - low) / (high - low)


@operator("normalisation", v="m n", g="m")
def weight_norm(v: Array, g: Array) -> Array:
    """A weight as direction v and length g of each row, learned apart."""
    return g[:, None] * v / np.sqrt(np.sum(v**2, axis=1, keepdims=True))


@operator("normalisation", x="b n", g="")
def scale_norm(x: Array, g: Array) -> Array:
    """Each row at one learned length g."""
    return g * x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True))


@operator("normalisation", x="... n")
def response_norm(x: Array, axis: int = -1, alpha: float = 1e-4, beta: float = 0.75) -> Array:
    """Each channel damped by the energy of all channels at its place, as in AlexNet."""
    return x / (1 + alpha * np.sum(x**2, axis=axis, keepdims=True)) ** beta


@operator("normalisation", x="b n", alpha="", weight="n", bias="n")
def dynamic_tanh(x: Array, alpha: Array, weight: Array, bias: Array) -> Array:
    """A learned tanh in the place of a layer norm: no statistics at all."""
    return weight * np.tanh(alpha * x) + bias
