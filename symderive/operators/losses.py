"""Losses: a prediction and a target become one number, the mean over the batch."""

from __future__ import annotations

import numpy as np

from ..index.domains import integers, positive, simplex
from .registry import Array, operator


@operator("losses", x="b n", target="b n")
def mse(x: Array, target: Array) -> Array:
    """The mean squared error: the likelihood of a normal distribution."""
    return np.mean((x - target) ** 2)


@operator("losses", x="b n", target="b n", aliases=("l1_loss",))
def mae(x: Array, target: Array) -> Array:
    """The mean absolute error: outliers pull no harder than others."""
    return np.mean(np.abs(x - target))


@operator("losses", x="b n", target="b n")
def huber(x: Array, target: Array, delta: float = 1.0) -> Array:
    """Squared error up to delta, absolute error beyond."""
    r = np.abs(x - target)
    return np.mean(np.where(r < delta, r**2 / 2, delta * (r - delta / 2)))


@operator("losses", x="b n", target="b n")
def smooth_l1(x: Array, target: Array, beta: float = 1.0) -> Array:
    """The Huber loss over its delta: slope 1 far out, as detectors use it."""
    r = np.abs(x - target)
    return np.mean(np.where(r < beta, r**2 / (2 * beta), r - beta / 2))


@operator("losses", x="b n", target="b n")
def log_cosh(x: Array, target: Array) -> Array:
    """The logarithm of cosh of the error: a Huber loss that is smooth everywhere."""
    return np.mean(np.log(np.cosh(x - target)))


@operator("losses", x="b n", target="b n")
def charbonnier(x: Array, target: Array, eps: float = 1e-3) -> Array:
    """The square root of squared error plus eps²: an absolute error that is smooth at 0."""
    return np.mean(np.sqrt((x - target) ** 2 + eps**2))


@operator("losses", x="b n", target="b n", aliases=("pinball",))
def quantile_loss(x: Array, target: Array, q: float = 0.9) -> Array:
    """The loss whose minimum is the q-quantile of the target."""
    r = target - x
    return np.mean(np.maximum(q * r, (q - 1) * r))


@operator("losses", x="b n", t=integers("b", below="n"))
def cross_entropy(x: Array, t: Array) -> Array:
    """The negative log-likelihood of the right classes under softmax."""
    log_p = x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
    return -np.mean(log_p[np.arange(len(t)), t])


@operator("losses", x="b n", t=simplex("b n", axis=-1))
def cross_entropy_soft(x: Array, t: Array) -> Array:
    """The cross entropy of softmax against target distributions."""
    e = np.exp(x)
    p = e / np.sum(e, axis=-1, keepdims=True)
    return -np.mean(np.sum(t * np.log(p), axis=-1))


@operator("losses", x="b n", t=integers("b", below="n"))
def label_smoothing_cross_entropy(x: Array, t: Array, smoothing: float = 0.1) -> Array:
    """Cross entropy against labels mixed with the uniform distribution."""
    log_p = x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
    hit = log_p[np.arange(len(t)), t]
    return -np.mean((1 - smoothing) * hit + smoothing * np.mean(log_p, axis=-1))


@operator("losses", x="b n", t=integers("b", below="n"))
def cross_entropy_z_loss(x: Array, t: Array, lam: float = 1e-4) -> Array:
    """Cross entropy with a penalty on the squared normaliser, which keeps logits small (PaLM)."""
    lse = np.log(np.sum(np.exp(x), axis=-1))
    hit = x[np.arange(len(t)), t]
    return np.mean(lse - hit + lam * lse**2)


@operator("losses", log_p="b n", t=integers("b", below="n"))
def nll_loss(log_p: Array, t: Array) -> Array:
    """The negative log-likelihood of the right classes from log-probabilities."""
    return -np.mean(log_p[np.arange(len(t)), t])


@operator("losses", p=positive("b n"), t="b n")
def binary_cross_entropy(p: Array, t: Array) -> Array:
    """The log-likelihood of independent yes-or-no targets, from probabilities below 1."""
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


@operator("losses", x="b n", t="b n")
def bce_with_logits(x: Array, t: Array) -> Array:
    """The log-likelihood of independent yes-or-no targets, from logits."""
    s = 1 / (1 + np.exp(-x))
    return -np.mean(t * np.log(s) + (1 - t) * np.log(1 - s))


@operator("losses", x="b n", t=integers("b", below="n"))
def focal_loss(x: Array, t: Array) -> Array:
    """Cross entropy that gives easy examples a small weight, (1 - p)²."""
    e = np.exp(x)
    p = e / np.sum(e, axis=-1, keepdims=True)
    hit = p[np.arange(len(t)), t]
    return -np.mean((1 - hit) ** 2 * np.log(hit))


@operator("losses", x="b n", z="b n")
def kl_div(x: Array, z: Array) -> Array:
    """The Kullback-Leibler divergence of softmax(z) from softmax(x): distillation."""
    log_p = x - np.log(np.sum(np.exp(x), axis=-1, keepdims=True))
    log_q = z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))
    return np.mean(np.sum(np.exp(log_p) * (log_p - log_q), axis=-1))


@operator("losses", x="b n", z="b n")
def jensen_shannon(x: Array, z: Array) -> Array:
    """The Jensen-Shannon divergence of two softmaxes: symmetric and bounded by log 2."""
    p = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    q = np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True)
    m = (p + q) / 2
    return np.mean(np.sum(p * np.log(p / m) + q * np.log(q / m), axis=-1)) / 2


@operator("losses", mu="b n", log_var="b n")
def kl_normal(mu: Array, log_var: Array) -> Array:
    """The divergence of a diagonal normal from the standard one: the prior of a VAE."""
    return np.mean(np.sum(np.exp(log_var) + mu**2 - 1 - log_var, axis=-1)) / 2


@operator("losses", x="b n", t="b n")
def hinge(x: Array, t: Array) -> Array:
    """The margin loss of support vector machines; targets are -1 and 1."""
    return np.mean(np.maximum(0, 1 - t * x))


@operator("losses", x="b n", t="b n")
def squared_hinge(x: Array, t: Array) -> Array:
    """The square of the margin loss: smooth where the margin is met."""
    return np.mean(np.maximum(0, 1 - t * x) ** 2)


@operator("losses", x="b n", target="b n")
def poisson_nll(x: Array, target: Array) -> Array:
    """The likelihood of counts whose log-rate is x."""
    return np.mean(np.exp(x) - target * x)


@operator("losses", x="b n", target="b n", var=positive("b n"))
def gaussian_nll(x: Array, target: Array, var: Array) -> Array:
    """The likelihood of a normal distribution with predicted mean and variance."""
    return np.mean(np.log(var) + (x - target) ** 2 / var) / 2


@operator("losses", anchor="b n", near="b n", far="b n", aliases=("triplet",))
def triplet_loss(anchor: Array, near: Array, far: Array, margin: float = 1.0) -> Array:
    """The anchor must be closer to one example than to another by a margin."""
    d_near = np.sqrt(np.sum((anchor - near) ** 2, axis=-1))
    d_far = np.sqrt(np.sum((anchor - far) ** 2, axis=-1))
    return np.mean(np.maximum(d_near - d_far + margin, 0))


@operator("losses", x="b n", z="b n", same=integers("b", below=2))
def contrastive_loss(x: Array, z: Array, same: Array, margin: float = 1.0) -> Array:
    """Pairs of one class attract, others repel up to a margin."""
    d = np.sqrt(np.sum((x - z) ** 2, axis=-1))
    return np.mean(np.where(same == 1, d**2, np.maximum(margin - d, 0) ** 2))


@operator("losses", p=positive("b n"), t="b n", aliases=("dice",))
def dice_loss(p: Array, t: Array, eps: float = 1.0) -> Array:
    """One minus the overlap of prediction and target: segmentation with rare classes."""
    overlap = np.sum(p * t, axis=-1)
    total = np.sum(p, axis=-1) + np.sum(t, axis=-1)
    return np.mean(1 - (2 * overlap + eps) / (total + eps))


@operator("losses", q="b d", k="b d")
def info_nce(q: Array, k: Array, tau: float = 0.07) -> Array:
    """Each query must pick its own key among the batch's: contrastive learning."""
    s = q @ k.T / tau
    log_p = s - np.log(np.sum(np.exp(s), axis=-1, keepdims=True))
    return -np.mean(np.diagonal(log_p))
