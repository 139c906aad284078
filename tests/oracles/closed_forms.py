"""Gradients that people derived by hand: `FORMS[name](cotangent, *inputs)`, in plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Gradients = tuple[Array, ...]


def _sum(a: Array) -> Array:
    return np.sum(a, axis=-1, keepdims=True)


def _mean(a: Array) -> Array:
    return np.mean(a, axis=-1, keepdims=True)


def _softmax(x: Array) -> Array:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / _sum(e)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _one_hot(t: Array, n: int) -> Array:
    return np.eye(n)[t]


def softmax(g: Array, x: Array) -> Gradients:
    """y (g - Σ y g)"""
    y = _softmax(x)
    return (y * (g - _sum(y * g)),)


def log_softmax(g: Array, x: Array) -> Gradients:
    """g - p Σ g"""
    return (g - _softmax(x) * _sum(g),)


def logsumexp(g: Array, x: Array) -> Gradients:
    """p g"""
    return (_softmax(x) * g[..., None],)


def softmax_temperature(g: Array, x: Array, T: Array) -> Gradients:
    """dx = y (g - Σ y g) / T, dT = -Σ x dx / T"""
    y = _softmax(x / T)
    dx = y * (g - _sum(y * g)) / T
    return dx, -np.sum(x * dx) / T


def softmax_entropy(g: Array, x: Array) -> Gradients:
    """-p (log p + H) g"""
    p = _softmax(x)
    return (-p * (np.log(p) - _sum(p * np.log(p))) * g[..., None],)


def sigmoid(g: Array, x: Array) -> Gradients:
    """y (1 - y) g"""
    y = _sigmoid(x)
    return (y * (1 - y) * g,)


def tanh(g: Array, x: Array) -> Gradients:
    """(1 - y²) g"""
    return ((1 - np.tanh(x) ** 2) * g,)


def silu(g: Array, x: Array) -> Gradients:
    """σ (1 + x (1 - σ)) g"""
    s = _sigmoid(x)
    return (s * (1 + x * (1 - s)) * g,)


def gelu(g: Array, x: Array) -> Gradients:
    """(Φ(x) + x φ(x)) g"""
    from math import erf

    cdf = 0.5 * (1 + np.vectorize(erf, otypes=[float])(x / np.sqrt(2)))
    return ((cdf + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)) * g,)


def softplus(g: Array, x: Array) -> Gradients:
    """σ g"""
    return (_sigmoid(x) * g,)


def layer_norm_affine(g: Array, x: Array, weight: Array, bias: Array) -> Gradients:
    """(w g - mean(w g) - h mean(h w g)) r"""
    r = 1 / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5)
    h = (x - _mean(x)) * r
    m = weight * g
    return (m - _mean(m) - h * _mean(h * m)) * r, np.sum(g * h, axis=0), np.sum(g, axis=0)


def layer_norm(g: Array, x: Array) -> Gradients:
    """(g - mean(g) - h mean(h g)) r"""
    return layer_norm_affine(g, x, np.ones(1), np.zeros(1))[:1]


def rms_norm_affine(g: Array, x: Array, weight: Array) -> Gradients:
    """r (m - x r² mean(m x)), m = g w"""
    r = 1 / np.sqrt(_mean(x**2) + 1e-6)
    m = g * weight
    return r * (m - x * r**2 * _mean(m * x)), np.sum(g * x * r, axis=0)


def batch_norm(g: Array, x: Array, weight: Array, bias: Array) -> Gradients:
    """Layer norm's form with means over the batch."""
    r = 1 / np.sqrt(np.var(x, axis=0) + 1e-5)
    h = (x - np.mean(x, axis=0)) * r
    dx = weight * r * (g - np.mean(g, axis=0) - h * np.mean(h * g, axis=0))
    return dx, np.sum(g * h, axis=0), np.sum(g, axis=0)


def l2_normalize(g: Array, x: Array) -> Gradients:
    """(g - y Σ y g) / ‖x‖"""
    norm = np.sqrt(_sum(x**2))
    y = x / norm
    return ((g - y * _sum(y * g)) / norm,)


def cross_entropy(g: Array, x: Array, t: Array) -> Gradients:
    """(p - 1_t) g / b"""
    return ((_softmax(x) - _one_hot(t, x.shape[1])) * g / len(t),)


def label_smoothing_cross_entropy(g: Array, x: Array, t: Array) -> Gradients:
    """(p - (1 - ε) 1_t - ε/V) g / b"""
    p = _softmax(x)
    return ((p - 0.9 * _one_hot(t, x.shape[1]) - 0.1 / x.shape[1]) * g / len(t),)


def cross_entropy_z_loss(g: Array, x: Array, t: Array) -> Gradients:
    """(p (1 + 2 λ lse) - 1_t) g / b"""
    lse = np.log(_sum(np.exp(x)))
    return ((_softmax(x) * (1 + 2e-4 * lse) - _one_hot(t, x.shape[1])) * g / len(t),)


def bce_with_logits(g: Array, x: Array, t: Array) -> Gradients:
    """dx = (σ - t) g / N, dt = -x g / N"""
    return (_sigmoid(x) - t) * g / x.size, -x * g / x.size


def kl_div(g: Array, x: Array, z: Array) -> Gradients:
    """dx = p (log p/q - KL) g / b, dz = (q - p) g / b"""
    p, q = _softmax(x), _softmax(z)
    ratio = np.log(p / q)
    return p * (ratio - _sum(p * ratio)) * g / len(x), (q - p) * g / len(x)


def cosine_similarity(g: Array, x: Array, z: Array) -> Gradients:
    """(ẑ - c x̂) / ‖x‖ g, and the same with the roles exchanged"""
    a, b = np.sqrt(_sum(x**2)), np.sqrt(_sum(z**2))
    c = _sum(x * z) / (a * b)
    g = g[:, None]
    return (z / b - c * x / a) / a * g, (x / a - c * z / b) / b * g


def attention(g: Array, q: Array, k: Array, v: Array) -> Gradients:
    """dV = Pᵀ dO, dP = dO Vᵀ, dS = P (dP - D), D = rowsum(dO O)"""
    c = 1 / np.sqrt(q.shape[1])
    P = _softmax(q @ k.T * c)
    D = _sum(g * (P @ v))
    dS = P * (g @ v.T - D)
    return dS @ k * c, dS.T @ q * c, P.T @ g


def linear(g: Array, x: Array, weight: Array, bias: Array) -> Gradients:
    """dx = g W, dW = gᵀ x, db = Σ_b g"""
    return g @ weight, g.T @ x, np.sum(g, axis=0)


def embedding(g: Array, weight: Array, t: Array) -> Gradients:
    """The rows of g added up by label."""
    dweight = np.zeros_like(weight)
    np.add.at(dweight, t, g)
    return (dweight,)


def cumsum(g: Array, x: Array) -> Gradients:
    """The running total of g from the other end."""
    return (np.flip(np.cumsum(np.flip(g, -1), -1), -1),)


FORMS: dict[str, Callable[..., Gradients]] = {
    form.__name__: form
    for form in (
        softmax,
        log_softmax,
        logsumexp,
        softmax_temperature,
        softmax_entropy,
        sigmoid,
        tanh,
        silu,
        gelu,
        softplus,
        layer_norm_affine,
        layer_norm,
        rms_norm_affine,
        batch_norm,
        l2_normalize,
        cross_entropy,
        label_smoothing_cross_entropy,
        cross_entropy_z_loss,
        bce_with_logits,
        kl_div,
        cosine_similarity,
        attention,
        linear,
        embedding,
        cumsum,
    )
}
