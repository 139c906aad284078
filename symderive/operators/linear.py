"""Attention and linear layers: matrix products, alone and fused with what surrounds them."""

from __future__ import annotations

import numpy as np

from ..frontends.primitives import erf
from ..index.domains import integers
from .registry import Array, operator


@operator("attention and linear layers", x="b n", weight="m n", bias="m")
def linear(x: Array, weight: Array, bias: Array) -> Array:
    """The affine layer: every output is a weighted sum of every input."""
    return x @ weight.T + bias


@operator("attention and linear layers", x="b n", z="b m", weight="n m")
def bilinear(x: Array, z: Array, weight: Array) -> Array:
    """One score for a pair of vectors: xᵀ W z."""
    return np.sum(x @ weight * z, axis=-1)


@operator("attention and linear layers", x="m", z="n")
def outer(x: Array, z: Array) -> Array:
    """Every product of an element of one vector with an element of another."""
    return np.outer(x, z)


@operator("attention and linear layers", weight="n d", t=integers("b", below="n"))
def embedding(weight: Array, t: Array) -> Array:
    """The row of a table for each label."""
    return weight[t]


@operator("attention and linear layers", x="b n", weight="m n", bias="m")
def linear_gelu(x: Array, weight: Array, bias: Array) -> Array:
    """An affine layer and its GELU in one."""
    h = x @ weight.T + bias
    return h * (1 + erf(h / np.sqrt(2))) / 2


@operator("attention and linear layers", x="b n", w1="h n", b1="h", w2="m h", b2="m")
def mlp(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """Two affine layers with a ReLU between them."""
    h = np.maximum(x @ w1.T + b1, 0)
    return h @ w2.T + b2


@operator("attention and linear layers", x="b n", w1="h n", w2="h n", w3="n h")
def swiglu_mlp(x: Array, w1: Array, w2: Array, w3: Array) -> Array:
    """The gated feed-forward block of LLaMA."""
    gate = x @ w1.T
    h = gate / (1 + np.exp(-gate)) * (x @ w2.T)
    return h @ w3.T


@operator("attention and linear layers", x="b n", weight="m n", down="r n", up="m r")
def lora_linear(x: Array, weight: Array, down: Array, up: Array) -> Array:
    """A linear layer with a learned change of low rank."""
    return x @ weight.T + x @ down.T @ up.T


@operator("attention and linear layers", x="b n", weight="n n", bias="n")
def residual_block(x: Array, weight: Array, bias: Array) -> Array:
    """A layer that learns a change to its input instead of a new one."""
    return x + np.maximum(x @ weight.T + bias, 0)


@operator("attention and linear layers", x="b n", scale="b n", shift="b n", aliases=("film",))
def modulate(x: Array, scale: Array, shift: Array) -> Array:
    """Scales and shifts features by a condition (FiLM, adaptive layer norm)."""
    return x * (1 + scale) + shift


@operator("attention and linear layers", q="m d", k="n d", v="n e")
def attention(q: Array, k: Array, v: Array) -> Array:
    """Each query takes the average of the values, weighted by how well their keys match it."""
    S = q @ k.T / np.sqrt(q.shape[-1])
    E = np.exp(S)
    P = E / np.sum(E, axis=-1, keepdims=True)
    return P @ v


@operator("attention and linear layers", q="n d", k="n d", v="n e")
def causal_attention(q: Array, k: Array, v: Array) -> Array:
    """Attention in which a place sees only itself and what came before it."""
    S = q @ k.T / np.sqrt(q.shape[-1])
    E = np.tril(np.exp(S))
    P = E / np.sum(E, axis=-1, keepdims=True)
    return P @ v


@operator("attention and linear layers", q="b h m d", k="b h n d", v="b h n e")
def multi_head_attention(q: Array, k: Array, v: Array) -> Array:
    """Attention of h heads side by side, each with its own queries, keys and values."""
    S = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    E = np.exp(S)
    P = E / np.sum(E, axis=-1, keepdims=True)
    return P @ v


@operator("attention and linear layers", q="m d", k="n d", v="n e")
def linear_attention(q: Array, k: Array, v: Array) -> Array:
    """Attention with the kernel (elu + 1) in the place of the exponential: linear in the length."""
    phi_q = np.where(q > 0, q + 1, np.exp(q))
    phi_k = np.where(k > 0, k + 1, np.exp(k))
    return phi_q @ (phi_k.T @ v) / (phi_q @ np.sum(phi_k, axis=0))[:, None]


@operator("attention and linear layers", x1="s d", x2="s d", theta="s d")
def rotary_embedding(x1: Array, x2: Array, theta: Array) -> Array:
    """Turns pairs of features by an angle for each place: positions become rotations."""
    c, s = np.cos(theta), np.sin(theta)
    return np.concatenate([x1 * c - x2 * s, x1 * s + x2 * c], axis=-1)
