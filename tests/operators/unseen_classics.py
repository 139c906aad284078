"""Entropies, normalisations, attention and self-supervision as people write them."""

from __future__ import annotations

import numpy as np

from symderive.index.domains import positive
from tests.operators.unseen_table import Array, soft, unseen


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
