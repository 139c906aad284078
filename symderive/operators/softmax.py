"""The softmax family: exponentials over their sum, their logarithms, and what is built on them."""

from __future__ import annotations

import numpy as np

from ..index.domains import integers, positive
from .registry import Array, operator


@operator("softmax family", x="... n")
def softmax(x: Array, axis: int = -1) -> Array:
    """Turns scores into probabilities that sum to one."""
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


@operator("softmax family", x="... n")
def log_softmax(x: Array, axis: int = -1) -> Array:
    """The logarithm of softmax, which every log-likelihood of classes needs."""
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


@operator("softmax family", x="... n")
def logsumexp(x: Array, axis: int = -1) -> Array:
    """A smooth maximum, and the normaliser of softmax."""
    return np.log(np.sum(np.exp(x), axis=axis))


@operator("softmax family", x="... n")
def logmeanexp(x: Array, axis: int = -1) -> Array:
    """The logarithm of a mean of exponentials: importance-weighted bounds average this way."""
    return np.log(np.mean(np.exp(x), axis=axis))


@operator("softmax family", x="... n")
def softmin(x: Array, axis: int = -1) -> Array:
    """Softmax of the negated scores: the smallest gets the largest share."""
    e = np.exp(-x)
    return e / np.sum(e, axis=axis, keepdims=True)


@operator("softmax family", x="b n", T=positive(""))
def softmax_temperature(x: Array, T: Array) -> Array:
    """Softmax at a learned temperature T, with its gradient: distillation and calibration."""
    e = np.exp(x / T)
    return e / np.sum(e, axis=-1, keepdims=True)


@operator("softmax family", x="b n", mask=integers("b n", below=2))
def masked_softmax(x: Array, mask: Array) -> Array:
    """Softmax over the places where the mask is 1, and exact zeros elsewhere."""
    e = np.where(mask == 1, np.exp(x), 0)
    return e / np.sum(e, axis=-1, keepdims=True)


@operator("softmax family", x="b n", noise="b n")
def gumbel_softmax(x: Array, noise: Array, tau: float = 1.0) -> Array:
    """Softmax of scores with given Gumbel noise: a sample of a category that has a gradient."""
    e = np.exp((x + noise) / tau)
    return e / np.sum(e, axis=-1, keepdims=True)


@operator("softmax family", x="... n")
def softcap(x: Array, cap: float = 30.0) -> Array:
    """Bounds logits smoothly to (-cap, cap), as in Gemma 2."""
    return cap * np.tanh(x / cap)


@operator("softmax family", x="... n")
def softcap_softmax(x: Array, axis: int = -1, cap: float = 30.0) -> Array:
    """Softmax of soft-capped scores: no attention score can run away."""
    e = np.exp(cap * np.tanh(x / cap))
    return e / np.sum(e, axis=axis, keepdims=True)


@operator("softmax family", x="... n")
def softmax_one(x: Array, axis: int = -1) -> Array:
    """Softmax with one more score of zero: a head may attend to nothing."""
    e = np.exp(x)
    return e / (1 + np.sum(e, axis=axis, keepdims=True))


@operator("softmax family", x="... n")
def taylor_softmax(x: Array, axis: int = -1) -> Array:
    """Softmax with the exponential's second-order polynomial, which is always positive."""
    e = 1 + x + x**2 / 2
    return e / np.sum(e, axis=axis, keepdims=True)


@operator("softmax family", x="... n")
def softmax_entropy(x: Array, axis: int = -1) -> Array:
    """The entropy of the softmax distribution: how undecided the scores are."""
    e = np.exp(x)
    p = e / np.sum(e, axis=axis, keepdims=True)
    return -np.sum(p * np.log(p), axis=axis)
