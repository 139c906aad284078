"""Losses, statistics, distances and layers of kinds that nothing here was made for."""

from __future__ import annotations

import numpy as np

from symderive.index.domains import integers, positive, simplex
from tests.operators.unseen_table import Array, soft, unseen


@unseen(x="b n", t=integers("b", below="n"))
def margin_softmax(x: Array, t: Array) -> Array:
    norm = x / np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    hit = norm[np.arange(len(t)), t]
    others = np.log(np.sum(np.exp(8 * norm), axis=1))
    return np.mean(others - 8 * (hit - 0.2))


@unseen(x="b n", t=integers("b", below="n"))
def multi_margin(x: Array, t: Array) -> Array:
    hit = np.take_along_axis(x, t[:, None], axis=1)
    return np.sum(np.maximum(0, 0.3 - hit + x)) / len(t) - 0.3


@unseen(x="b n", t=integers("b", below="n"))
def poly_one_loss(x: Array, t: Array) -> Array:
    p = soft(x)[np.arange(x.shape[0]), t]
    return np.mean(-np.log(p) + 2 * (1 - p))


@unseen(W="n d", h="b d", t=integers("b", below="n"))
def tied_embedding_loss(W: Array, h: Array, t: Array) -> Array:
    scores = (h + W[t]) @ W.T
    return np.mean(np.log(np.sum(np.exp(scores), axis=1)) - scores[np.arange(len(t)), t])


@unseen(x="b n", t=simplex("b n"))
def reverse_kl_to_target(x: Array, t: Array) -> Array:
    p = soft(x)
    return np.sum(p * (np.log(p) - np.log(t)))


@unseen(p=simplex("b n"), q=simplex("b n"))
def hellinger(p: Array, q: Array) -> Array:
    return np.sqrt(1 - np.sum(np.sqrt(p * q), axis=-1) + 1e-3)


@unseen(u="m", v="n", cost="m n", eps=positive(""))
def sinkhorn_dual(u: Array, v: Array, cost: Array, eps: Array) -> Array:
    inner = np.exp((u[:, None] + v[None, :] - cost) / eps)
    return u.mean() + v.mean() - eps * np.mean(inner)


@unseen(x="b n")
def skewness(x: Array) -> Array:
    d = x - np.mean(x, axis=1, keepdims=True)
    return np.mean(d**3, axis=1) / np.mean(d**2, axis=1) ** 1.5


@unseen(x="b n")
def kurtosis(x: Array) -> Array:
    h = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    return np.mean(h**4, axis=1) - 3


@unseen(x="b n", w="n", c="")
def poincare_gyro_scale(x: Array, w: Array, c: Array) -> Array:
    y = np.tanh(c * x) * w
    return y / (1 + np.sqrt(1 + np.sum(y**2, axis=-1, keepdims=True)))


@unseen(x="b n", z="b n")
def lorentz_distance(x: Array, z: Array) -> Array:
    x0, z0 = np.sqrt(1 + np.sum(x**2, -1)), np.sqrt(1 + np.sum(z**2, -1))
    return np.arccosh(x0 * z0 - np.sum(x * z, -1) + 0.1)


@unseen(x="b n", z="b n")
def angular_distance(x: Array, z: Array) -> Array:
    c = np.sum(x * z, -1) / np.sqrt(np.sum(x * x, -1) * np.sum(z * z, -1))
    return np.arccos(0.99 * c) / np.pi


@unseen(r="b k", x="b d", mu="k d", log_s="k")
def mixture_log_likelihood(r: Array, x: Array, mu: Array, log_s: Array) -> Array:
    d = np.sum((x[:, None, :] - mu) ** 2, axis=-1)
    log_n = -0.5 * d * np.exp(-2 * log_s) - x.shape[1] * log_s
    log_pi = r - np.log(np.sum(np.exp(r), axis=1, keepdims=True))
    return np.mean(np.log(np.sum(np.exp(log_pi + log_n), axis=1)))


@unseen(x="b n", A="n n")
def quadratic_form_rows(x: Array, A: Array) -> Array:
    return np.sum(x @ (A + A.T) * x, axis=1) / 2


@unseen(A="n n")
def symmetric_orthogonality(A: Array) -> Array:
    gram = A.T @ A
    return np.sum((gram - np.eye(A.shape[0])) ** 2) + np.trace(A) ** 2


@unseen(x="b n", w="n", v="n")
def ghost_in_place(x: Array, w: Array, v: Array) -> Array:
    h = x * w
    h -= h.mean(axis=1, keepdims=True)
    h /= np.sqrt(np.mean(h**2, axis=1, keepdims=True) + 1e-3)
    h += v
    return h


@unseen(x="b n")
def view_of_what_changes(x: Array) -> Array:
    h = x * 2
    tail = h[:, 1:]
    h += 1
    return tail * x[:, 1:]


@unseen(x="b s d")
def merged_norm(x: Array) -> Array:
    flat = x.reshape(x.shape[0], -1)
    flat = flat / np.sqrt(np.sum(flat**2, axis=1, keepdims=True))
    return flat.reshape(x.shape)


@unseen(x="b s d", w="d d")
def self_attentive_statistics(x: Array, w: Array) -> Array:
    a = soft(np.tanh(x @ w), axis=1)
    mu = np.sum(a * x, axis=1)
    return np.concatenate([mu, np.sqrt(np.sum(a * x**2, axis=1) - mu**2 + 1e-2)], axis=-1)


@unseen(x="b t n", decay=positive(""))
def discounted_sum(x: Array, decay: Array) -> Array:
    steps = np.arange(x.shape[1])
    return np.sum(x * np.exp(-decay * steps)[:, None], axis=1)


@unseen(x="b n")
def maximum_gap(x: Array) -> Array:
    return x.max(axis=1) - x.min(axis=1) + np.max(x, axis=0).sum()


@unseen(x="n", z="n")
def log_det_like(x: Array, z: Array) -> Array:
    return np.log(np.prod(1 + x**2) * np.exp(np.sum(z)))


@unseen(x="b n", y="b n")
def concordance(x: Array, y: Array) -> Array:
    cov = np.mean((x - x.mean()) * (y - y.mean()))
    return 2 * cov / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)


@unseen(mu="b d", s=positive("b d"), mu2="b d", s2=positive("b d"))
def wasserstein_gaussians(mu: Array, s: Array, mu2: Array, s2: Array) -> Array:
    return np.sum((mu - mu2) ** 2 + s + s2 - 2 * np.sqrt(s * s2), axis=1)


@unseen(x="b n", alpha="n")
def adaptive_mixture_gate(x: Array, alpha: Array) -> Array:
    s = 1 / (1 + np.exp(-alpha))
    return s * np.arctan(x) + (1 - s) * x / np.sqrt(1 + x**2)


@unseen(e="n d", s="n d")
def hopfield_energy(e: Array, s: Array) -> Array:
    return -np.sum(np.log(np.sum(np.exp(s @ e.T), axis=1))) + 0.5 * np.sum(s * s)


@unseen(x="b n")
def temperature_from_spread(x: Array) -> Array:
    return soft(x / (0.1 + x.std(axis=1, keepdims=True)))


@unseen(a="n", b="n", c="n")
def triple_product_ratio(a: Array, b: Array, c: Array) -> Array:
    return np.tensordot(a, b, axes=1) * np.outer(b, c) / (1 + np.inner(a, a))


@unseen(x="b n")
def repeated_self_reference(x: Array) -> Array:
    y = x
    for scale in (0.5, 0.25, 0.125):
        y = y + scale * np.sin(y * np.mean(y, axis=1, keepdims=True))
    return y


@unseen(x="n", A="n n")
def neural_ode_step(x: Array, A: Array) -> Array:
    k1 = np.tanh(A @ x)
    k2 = np.tanh(A @ (x + 0.5 * k1))
    return x + k2 / 2


@unseen(x="b n", lo="n", width=positive("n"))
def soft_clip(x: Array, lo: Array, width: Array) -> Array:
    return lo + np.log1p(np.exp(x - lo)) - np.log1p(np.exp(x - lo - width))


@unseen(x="b n")
def runge_kutta_step(x: Array) -> Array:
    h = 0.1
    k1 = x - x**3
    k2 = x + h / 2 * k1 - (x + h / 2 * k1) ** 3
    k3 = x + h / 2 * k2 - (x + h / 2 * k2) ** 3
    k4 = x + h * k3 - (x + h * k3) ** 3
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@unseen(x="n", z="n")
def nested_cubes(x: Array, z: Array) -> Array:
    a = x + z
    b = a + a**3
    return b**3


@unseen(x="n", r="")
def logistic_map(x: Array, r: Array) -> Array:
    for _ in range(4):
        x = r * x * (1 - x)
    return x


@unseen(x="... n", gain="n", shift="n")
def layer_norm_in_one_line(x: Array, gain: Array, shift: Array) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * gain + shift
