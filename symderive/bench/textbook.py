"""The forms that textbooks and tutorials give, by operator: the value, and the gradient.

Each gradient takes what its forward keeps, `dout`, and nothing else; none of them is tuned.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

import numpy as np

Array = Any


def softmax(x: Array) -> Array:
    """exp(x - max) over its sum."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def softmax_gradient(x: Array, out: Array, dout: Array) -> Array:
    """The three lines."""
    dx = out * dout
    s = np.sum(dx, axis=1, keepdims=True)
    dx -= out * s
    return dx


def log_softmax(x: Array) -> Array:
    """x - max - log Σ exp."""
    z = x - np.max(x, axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def log_softmax_gradient(x: Array, out: Array, dout: Array) -> Array:
    """g - p Σ g."""
    return dout - np.exp(out) * np.sum(dout, axis=1, keepdims=True)


def layer_norm(x: Array) -> Array:
    """(x - mean) over the standard deviation."""
    mean = np.mean(x, axis=1, keepdims=True)
    return (x - mean) / np.sqrt(np.var(x, axis=1, keepdims=True) + 1e-5)


def layer_norm_gradient(x: Array, out: Array, dout: Array) -> Array:
    """The three paths of the textbook: through x̂, the variance and the mean."""
    n = x.shape[1]
    mean, var = np.mean(x, axis=1, keepdims=True), np.var(x, axis=1, keepdims=True)
    centred, std = x - mean, np.sqrt(var + 1e-5)
    dvar = np.sum(dout * centred * -0.5 * std**-3, axis=1, keepdims=True)
    dmean = np.sum(-dout / std, axis=1, keepdims=True)
    dmean += dvar * np.mean(-2 * centred, axis=1, keepdims=True)
    return dout / std + dvar * 2 * centred / n + dmean / n


def rms_norm(x: Array) -> Array:
    """x over its root mean square."""
    return x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-6)


def rms_norm_gradient(x: Array, out: Array, dout: Array) -> Array:
    """r g - x r³ mean(x g)."""
    r = 1 / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + 1e-6)
    return dout * r - x * r**3 * np.mean(dout * x, axis=1, keepdims=True)


def gelu_tanh(x: Array) -> Array:
    """0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""
    return 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))


def gelu_tanh_gradient(x: Array, out: Array, dout: Array) -> Array:
    """The product rule."""
    t = np.tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))
    inner = sqrt(2 / pi) * (1 + 3 * 0.044715 * x**2)
    return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)


def silu(x: Array) -> Array:
    """x σ(x)."""
    return x / (1 + np.exp(-x))


def silu_gradient(x: Array, out: Array, dout: Array) -> Array:
    """σ (1 + x (1 - σ))."""
    s = 1 / (1 + np.exp(-x))
    return dout * s * (1 + x * (1 - s))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def sigmoid_gradient(x: Array, out: Array, dout: Array) -> Array:
    """y (1 - y)."""
    return dout * out * (1 - out)


def cross_entropy(x: Array, t: Array) -> Array:
    """The mean of -log p at the labels."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(t)), t] + 1e-7))


def cross_entropy_gradient(x: Array, t: Array, out: Array, dout: Array) -> Array:
    """(p - one-hot) / batch."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    dx = e / np.sum(e, axis=1, keepdims=True)
    dx[np.arange(len(t)), t] -= 1
    dx *= dout
    return dx / len(t)


TEXTBOOK: dict[str, tuple[Callable[..., Array], Callable[..., Array]]] = {
    "softmax": (softmax, softmax_gradient),
    "log_softmax": (log_softmax, log_softmax_gradient),
    "cross_entropy": (cross_entropy, cross_entropy_gradient),
    "layer_norm": (layer_norm, layer_norm_gradient),
    "rms_norm": (rms_norm, rms_norm_gradient),
    "gelu_tanh": (gelu_tanh, gelu_tanh_gradient),
    "silu": (silu, silu_gradient),
    "sigmoid": (sigmoid, sigmoid_gradient),
}
