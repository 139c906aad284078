"""Similarities and kernels: how alike two vectors are, for pairs or for all pairs of two sets."""

from __future__ import annotations

import numpy as np

from ..index.domains import positive
from .registry import Array, operator


@operator("similarities and kernels", x="b n", z="b n")
def cosine_similarity(x: Array, z: Array) -> Array:
    """The cosine of the angle between two vectors."""
    norm_x = np.sqrt(np.sum(x**2, axis=-1))
    norm_z = np.sqrt(np.sum(z**2, axis=-1))
    return np.sum(x * z, axis=-1) / (norm_x * norm_z)


@operator("similarities and kernels", x="b n", z="b n")
def dot_similarity(x: Array, z: Array) -> Array:
    """The inner product of two vectors."""
    return np.sum(x * z, axis=-1)


@operator("similarities and kernels", x="b n", z="b n")
def pearson_correlation(x: Array, z: Array) -> Array:
    """The cosine of two centred vectors."""
    u = x - np.mean(x, axis=-1, keepdims=True)
    v = z - np.mean(z, axis=-1, keepdims=True)
    return np.sum(u * v, axis=-1) / np.sqrt(np.sum(u**2, axis=-1) * np.sum(v**2, axis=-1))


@operator("similarities and kernels", x="b n", z="b n")
def euclidean_distance(x: Array, z: Array) -> Array:
    """The length of the difference of two vectors."""
    return np.sqrt(np.sum((x - z) ** 2, axis=-1))


@operator("similarities and kernels", x="b n", z="b n")
def manhattan_distance(x: Array, z: Array) -> Array:
    """The sum of absolute differences."""
    return np.sum(np.abs(x - z), axis=-1)


@operator("similarities and kernels", x="b n", z="b n", root="n m", aliases=("mahalanobis",))
def mahalanobis_distance(x: Array, z: Array, root: Array) -> Array:
    """The distance under the metric A = root rootᵀ, learned or given."""
    u = (x - z) @ root
    return np.sqrt(np.sum(u**2, axis=-1))


@operator("similarities and kernels", x="m d", z="n d")
def pairwise_squared_distance(x: Array, z: Array) -> Array:
    """The squared distance of every pair from two sets."""
    return np.sum((x[:, None, :] - z[None, :, :]) ** 2, axis=-1)


@operator("similarities and kernels", x="m d", z="n d", gamma=positive(""))
def rbf_kernel(x: Array, z: Array, gamma: Array) -> Array:
    """A bell curve of the distance of every pair, with a learned width."""
    D = np.sum((x[:, None, :] - z[None, :, :]) ** 2, axis=-1)
    return np.exp(-gamma * D)


@operator("similarities and kernels", x="m d", z="n d", gamma=positive(""))
def laplacian_kernel(x: Array, z: Array, gamma: Array) -> Array:
    """An exponential of the absolute differences of every pair."""
    D = np.sum(np.abs(x[:, None, :] - z[None, :, :]), axis=-1)
    return np.exp(-gamma * D)


@operator("similarities and kernels", x="m d", z="n d", alpha=positive(""))
def rational_quadratic_kernel(x: Array, z: Array, alpha: Array) -> Array:
    """A mixture of bell curves of all widths."""
    D = np.sum((x[:, None, :] - z[None, :, :]) ** 2, axis=-1)
    return (1 + D / (2 * alpha)) ** (-alpha)


@operator("similarities and kernels", x="m d", z="n d")
def polynomial_kernel(x: Array, z: Array, c: float = 1.0) -> Array:
    """All products of up to three features, without listing them."""
    return (x @ z.T + c) ** 3


@operator("similarities and kernels", x="m d", z="n d")
def sigmoid_kernel(x: Array, z: Array, gamma: float = 0.1, c: float = 0.0) -> Array:
    """The tanh of a scaled inner product of every pair."""
    return np.tanh(gamma * (x @ z.T) + c)
