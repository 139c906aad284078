"""Operators that symderive has never seen: plain NumPy as people write it, each with the dims of its inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symderive.index.domains import Domain, integers, positive, simplex

Array = Any


@dataclass(frozen=True)
class Unseen:
    """A forward and the domains of its inputs."""

    forward: Callable[..., Array]
    domains: dict[str, str | Domain]


UNSEEN: dict[str, Unseen] = {}


def unseen(**domains: str | Domain) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Enter a forward into the table of this file."""

    def enter(forward: Callable[..., Array]) -> Callable[..., Array]:
        UNSEEN[forward.__name__] = Unseen(forward, domains)
        return forward

    return enter


def soft(s: Array, axis: int = -1) -> Array:
    """A helper that several forwards call."""
    e = np.exp(s)
    return e / e.sum(axis=axis, keepdims=True)


@unseen(x="b n")
def capsule_squash(x: Array) -> Array:
    sq = np.sum(x**2, axis=-1, keepdims=True)
    return sq / (1 + sq) * x / np.sqrt(sq + 1e-8)


@unseen(x="n m")
def sinkhorn_step(x: Array) -> Array:
    p = np.exp(x)
    p = p / p.sum(axis=1, keepdims=True)
    return p / p.sum(axis=0, keepdims=True)


@unseen(x="n m")
def sinkhorn_two_rounds(x: Array) -> Array:
    for _ in range(2):
        x = x - np.log(np.sum(np.exp(x), axis=1, keepdims=True))
        x = x - np.log(np.sum(np.exp(x), axis=0, keepdims=True))
    return np.exp(x)


@unseen(x="n d", c="m d")
def student_t_assignment(x: Array, c: Array) -> Array:
    q = 1 / (1 + np.sum((x[:, None] - c[None]) ** 2, axis=2))
    return q / np.sum(q, axis=1, keepdims=True)


@unseen(x="b n")
def threshold_entmax(x: Array) -> Array:
    return np.maximum(x / 2 - 0.1, 0) ** 2


@unseen(f="c s", g="c s")
def gram_style_loss(f: Array, g: Array) -> Array:
    diff = f @ f.T / f.shape[1] - g @ g.T / g.shape[1]
    return np.sum(diff**2)


@unseen(x="n d")
def pairwise_distances(x: Array) -> Array:
    sq = np.sum(x * x, axis=1)
    return np.sqrt(sq[:, None] + sq[None, :] - 2 * x @ x.T + 0.1)


@unseen(x="b n", q=positive(""))
def tsallis_entropy(x: Array, q: Array) -> Array:
    p = soft(x)
    return (1 - np.sum(p**q, axis=-1)) / (q - 1)


@unseen(x="b n")
def renyi_two(x: Array) -> Array:
    return -np.log(np.sum(soft(x) ** 2, axis=-1))


@unseen(x="b n")
def variance_of_softmax(x: Array) -> Array:
    return np.var(soft(x), axis=-1)


@unseen(x="b n")
def double_softmax(x: Array) -> Array:
    return soft(soft(x))


@unseen(x="n m")
def dual_softmax_matching(x: Array) -> Array:
    return soft(x, 0) * soft(x, 1)


@unseen(x=positive("b n"))
def harmonic_mean(x: Array) -> Array:
    return x.shape[1] / np.sum(1 / x, axis=1)


@unseen(x=positive("b n"))
def geometric_mean(x: Array) -> Array:
    return np.exp(np.mean(np.log(x), axis=1))


@unseen(x=positive("b n"), p=positive(""))
def power_mean(x: Array, p: Array) -> Array:
    return np.mean(x**p, axis=-1) ** (1 / p)


@unseen(z1="b d", z2="b d")
def barlow_twins(z1: Array, z2: Array) -> Array:
    a = (z1 - z1.mean(0)) / z1.std(0)
    b = (z2 - z2.mean(0)) / z2.std(0)
    c = a.T @ b / len(z1)
    diagonal = np.diagonal(c)
    return np.sum((1 - diagonal) ** 2) + 0.005 * (np.sum(c**2) - np.sum(diagonal**2))


@unseen(z="b d")
def vicreg_variance(z: Array) -> Array:
    return np.mean(np.maximum(0, 1 - np.sqrt(np.var(z, axis=0, ddof=1) + 1e-4)))


@unseen(z="b d")
def vicreg_covariance(z: Array) -> Array:
    centred = z - z.mean(axis=0)
    cov = centred.T @ centred / (z.shape[0] - 1)
    return (np.sum(cov**2) - np.sum(np.diagonal(cov) ** 2)) / z.shape[1]


@unseen(A="m n", v="n")
def power_iteration_step(A: Array, v: Array) -> Array:
    u = A @ v
    u = u / np.sqrt(u @ u)
    w = A.T @ u
    return w / np.sqrt(np.sum(w**2))


@unseen(A="n n", v="n")
def rayleigh_quotient(A: Array, v: Array) -> Array:
    return v @ A @ v / (v @ v)


@unseen(x="b n")
def soft_argmax(x: Array) -> Array:
    return np.sum(soft(x) * np.arange(x.shape[1]), axis=1)


@unseen(x="h w")
def total_variation(x: Array) -> Array:
    return np.sum(np.abs(x[1:] - x[:-1])) + np.sum(np.abs(x[:, 1:] - x[:, :-1]))


@unseen(x="n")
def circular_smoothness(x: Array) -> Array:
    shifted = np.concatenate([x[1:], x[:1]])
    return np.mean((x - shifted) ** 2)


@unseen(x="b n")
def second_difference(x: Array) -> Array:
    return x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]


@unseen(x="b n", g="b n")
def gated_cumsum(x: Array, g: Array) -> Array:
    return np.cumsum(x / (1 + np.exp(-g)), axis=1)


@unseen(x="b n")
def running_softmax(x: Array) -> Array:
    e = np.exp(x)
    return e / np.cumsum(e, axis=-1)


@unseen(q="m d", k="n d", v="n e", tau=positive(""))
def cosine_attention(q: Array, k: Array, v: Array, tau: Array) -> Array:
    qn = q / np.sqrt(np.sum(q**2, -1, keepdims=True))
    kn = k / np.sqrt(np.sum(k**2, -1, keepdims=True))
    return soft(qn @ kn.T / tau) @ v


@unseen(q="n d", k="n d", v="n e")
def causal_linear_attention(q: Array, k: Array, v: Array) -> Array:
    fq, fk = np.where(q > 0, q + 1, np.exp(q)), np.where(k > 0, k + 1, np.exp(k))
    kv = np.cumsum(fk[:, :, None] * v[:, None, :], axis=0)
    z = np.cumsum(fk, axis=0)
    return np.einsum("nd,nde->ne", fq, kv) / np.sum(fq * z, axis=1, keepdims=True)


@unseen(q="m d", k="n d")
def entropy_of_attention(q: Array, k: Array) -> Array:
    p = soft(q @ k.T / np.sqrt(q.shape[1]))
    return np.mean(-np.sum(p * np.log(p), axis=1))


@unseen(q="b h m d", k="b h n d", v="b h n e")
def einsum_attention(q: Array, k: Array, v: Array) -> Array:
    p = soft(np.einsum("bhmd,bhnd->bhmn", q, k) * q.shape[-1] ** -0.5)
    return np.einsum("bhmn,bhne->bhme", p, v)


@unseen(x="b n", a="", b="", c="", d="")
def cubic_horner(x: Array, a: Array, b: Array, c: Array, d: Array) -> Array:
    return ((a * x + b) * x + c) * x + d


@unseen(x="n d", z="m d")
def huberised_pairwise(x: Array, z: Array) -> Array:
    r = np.sum((x[:, None, :] - z[None, :, :]) ** 2, axis=-1)
    return np.mean(np.where(r < 1, r, 2 * np.sqrt(r) - 1))


@unseen(x="b n", z="b m")
def centred_kernel_alignment(x: Array, z: Array) -> Array:
    x, z = x - x.mean(axis=0), z - z.mean(axis=0)
    cross = np.sum((x.T @ z) ** 2)
    return cross / np.sqrt(np.sum((x.T @ x) ** 2) * np.sum((z.T @ z) ** 2))


@unseen(x="m d", z="n d")
def maximum_mean_discrepancy(x: Array, z: Array) -> Array:
    def kernel(a: Array, b: Array) -> Array:
        return np.exp(-np.sum((a[:, None] - b[None]) ** 2, axis=-1) / 2)

    return kernel(x, x).mean() + kernel(z, z).mean() - 2 * kernel(x, z).mean()


@unseen(x="b n")
def maxout_pairs_sum(x: Array) -> Array:
    return np.maximum(x[:, 1:], x[:, :-1]).sum(axis=1)


@unseen(x="b n", z="b n")
def tanimoto(x: Array, z: Array) -> Array:
    dot = np.einsum("bn,bn->b", x, z)
    return dot / (np.sum(x * x, axis=1) + np.sum(z * z, axis=1) - dot)


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
