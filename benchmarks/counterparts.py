"""The catalogue's operators as torch and SciPy offer them, or as one writes them with torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Array = Any
Function = Callable[..., Array]


def scipy_functions() -> dict[str, Function]:
    """SciPy's own, by operator: forwards only."""
    from scipy import special

    return {
        "softmax": lambda x: special.softmax(x, axis=-1),
        "log_softmax": lambda x: special.log_softmax(x, axis=-1),
        "logsumexp": lambda x: special.logsumexp(x, axis=-1),
        "softmin": lambda x: special.softmax(-x, axis=-1),
        "sigmoid": special.expit,
        "logsigmoid": special.log_expit,
    }


def torch_functions() -> dict[str, Function]:
    """torch's own where it has one, else what its users write, by operator."""
    import torch
    from torch.nn import functional as nn

    return {
        **_activations(torch, nn),
        **_softmaxes(torch, nn),
        **_losses(torch, nn),
        **_linear(torch, nn),
        **_normalisations(torch, nn),
        **_others(torch, nn),
    }


def _activations(torch: Any, nn: Any) -> dict[str, Function]:
    return {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "relu6": nn.relu6,
        "leaky_relu": nn.leaky_relu,
        "prelu": nn.prelu,
        "elu": nn.elu,
        "selu": nn.selu,
        "celu": nn.celu,
        "softplus": nn.softplus,
        "softsign": nn.softsign,
        "silu": nn.silu,
        "mish": nn.mish,
        "gelu": nn.gelu,
        "gelu_tanh": lambda x: nn.gelu(x, approximate="tanh"),
        "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
        "hard_sigmoid": nn.hardsigmoid,
        "hard_swish": nn.hardswish,
        "hard_tanh": nn.hardtanh,
        "logsigmoid": nn.logsigmoid,
        "tanhshrink": nn.tanhshrink,
        "softshrink": nn.softshrink,
        "hardshrink": nn.hardshrink,
        "squared_relu": lambda x: torch.relu(x) ** 2,
        "gaussian": lambda x: torch.exp(-(x**2)),
        "sine": lambda x: torch.sin(30.0 * x),
        "snake": lambda x, a: x + torch.sin(a * x) ** 2 / a,
        "glu": lambda x, gate: nn.glu(torch.cat([x, gate], dim=-1)),
        "swiglu": lambda x, gate: x * nn.silu(gate),
        "geglu": lambda x, gate: x * nn.gelu(gate),
    }


def _softmaxes(torch: Any, nn: Any) -> dict[str, Function]:
    def entropy(x: Array) -> Array:
        log_p = torch.log_softmax(x, -1)
        return -(log_p.exp() * log_p).sum(-1)

    def masked(x: Array, mask: Array) -> Array:
        return torch.softmax(x.masked_fill(mask == 0, -torch.inf), -1)

    def one(x: Array) -> Array:
        return torch.softmax(torch.cat([x, torch.zeros_like(x[..., :1])], -1), -1)[..., :-1]

    return {
        "softmax": lambda x: torch.softmax(x, -1),
        "log_softmax": lambda x: torch.log_softmax(x, -1),
        "logsumexp": lambda x: torch.logsumexp(x, -1),
        "logmeanexp": lambda x: torch.logsumexp(x, -1) - torch.log(torch.tensor(x.shape[-1])),
        "softmin": lambda x: nn.softmin(x, -1),
        "softmax_temperature": lambda x, T: torch.softmax(x / T, -1),
        "masked_softmax": masked,
        "gumbel_softmax": lambda x, noise: torch.softmax(x + noise, -1),
        "softcap": lambda x: 30.0 * torch.tanh(x / 30.0),
        "softcap_softmax": lambda x: torch.softmax(30.0 * torch.tanh(x / 30.0), -1),
        "softmax_one": one,
        "softmax_entropy": entropy,
    }


def _losses(torch: Any, nn: Any) -> dict[str, Function]:
    def z_loss(x: Array, t: Array) -> Array:
        return nn.cross_entropy(x, t) + 1e-4 * (torch.logsumexp(x, -1) ** 2).mean()

    def focal(x: Array, t: Array) -> Array:
        hit = torch.log_softmax(x, -1).gather(-1, t[:, None])
        return -((1 - hit.exp()) ** 2 * hit).mean()

    def kl(x: Array, z: Array) -> Array:
        log_p, log_q = torch.log_softmax(x, -1), torch.log_softmax(z, -1)
        return nn.kl_div(log_q, log_p, reduction="batchmean", log_target=True)

    def jensen_shannon(x: Array, z: Array) -> Array:
        log_p, log_q = torch.log_softmax(x, -1), torch.log_softmax(z, -1)
        log_m = torch.logaddexp(log_p, log_q) - torch.log(torch.tensor(2.0, dtype=x.dtype))
        parts = [
            nn.kl_div(log_m, a, reduction="batchmean", log_target=True) for a in (log_p, log_q)
        ]
        return (parts[0] + parts[1]) / 2

    def info_nce(q: Array, k: Array) -> Array:
        return nn.cross_entropy(q @ k.T / 0.07, torch.arange(len(q)))

    return {
        "mse": nn.mse_loss,
        "mae": nn.l1_loss,
        "huber": nn.huber_loss,
        "smooth_l1": nn.smooth_l1_loss,
        "log_cosh": lambda x, t: (
            x - t + nn.softplus(-2 * (x - t)) - torch.log(torch.tensor(2.0, dtype=x.dtype))
        ).mean(),
        "cross_entropy": nn.cross_entropy,
        "cross_entropy_soft": nn.cross_entropy,
        "label_smoothing_cross_entropy": lambda x, t: nn.cross_entropy(x, t, label_smoothing=0.1),
        "cross_entropy_z_loss": z_loss,
        "nll_loss": nn.nll_loss,
        "binary_cross_entropy": lambda p, t: -(t * p.log() + (1 - t) * torch.log1p(-p)).mean(),
        "bce_with_logits": nn.binary_cross_entropy_with_logits,
        "focal_loss": focal,
        "kl_div": kl,
        "jensen_shannon": jensen_shannon,
        "kl_normal": lambda mu, lv: (lv.exp() + mu**2 - 1 - lv).sum(-1).mean() / 2,
        "hinge": lambda x, t: torch.relu(1 - t * x).mean(),
        "squared_hinge": lambda x, t: (torch.relu(1 - t * x) ** 2).mean(),
        "poisson_nll": lambda x, t: nn.poisson_nll_loss(x, t),
        "gaussian_nll": lambda x, t, var: nn.gaussian_nll_loss(x, t, var),
        "triplet_loss": lambda a, near, far: nn.triplet_margin_loss(a, near, far, eps=0.0),
        "info_nce": info_nce,
    }


def _linear(torch: Any, nn: Any) -> dict[str, Function]:
    def attend(q: Array, k: Array, v: Array, causal: bool = False) -> Array:
        return nn.scaled_dot_product_attention(q, k, v, is_causal=causal)

    def one_head(causal: bool) -> Function:
        return lambda q, k, v: attend(q[None, None], k[None, None], v[None, None], causal)[0, 0]

    return {
        "linear": nn.linear,
        "bilinear": lambda x, z, w: nn.bilinear(x, z, w[None])[:, 0],
        "outer": torch.outer,
        "embedding": lambda weight, t: nn.embedding(t, weight),
        "linear_gelu": lambda x, w, b: nn.gelu(nn.linear(x, w, b)),
        "mlp": lambda x, w1, b1, w2, b2: nn.linear(torch.relu(nn.linear(x, w1, b1)), w2, b2),
        "swiglu_mlp": lambda x, w1, w2, w3: nn.linear(
            nn.silu(nn.linear(x, w1)) * nn.linear(x, w2), w3
        ),
        "lora_linear": lambda x, w, down, up: nn.linear(x, w) + nn.linear(nn.linear(x, down), up),
        "residual_block": lambda x, w, b: x + torch.relu(nn.linear(x, w, b)),
        "modulate": lambda x, scale, shift: x * (1 + scale) + shift,
        "attention": one_head(causal=False),
        "causal_attention": one_head(causal=True),
        "multi_head_attention": attend,
    }


def _normalisations(torch: Any, nn: Any) -> dict[str, Function]:
    def group(x: Array, weight: Array, bias: Array) -> Array:
        b, g, c, s = x.shape
        flat = nn.group_norm(x.reshape(b, g * c, s), g, weight.reshape(-1), bias.reshape(-1))
        return flat.reshape(b, g, c, s)

    return {
        "layer_norm": lambda x: nn.layer_norm(x, x.shape[-1:]),
        "layer_norm_affine": lambda x, w, b: nn.layer_norm(x, x.shape[-1:], w, b),
        "rms_norm": lambda x: nn.rms_norm(x, x.shape[-1:], eps=1e-6),
        "rms_norm_affine": lambda x, w: nn.rms_norm(x, x.shape[-1:], w, eps=1e-6),
        "batch_norm": lambda x, w, b: nn.batch_norm(x, None, None, w, b, training=True),
        "group_norm": group,
        "instance_norm": nn.instance_norm,
        "l2_normalize": lambda x: nn.normalize(x, dim=-1, eps=0.0),
        "l1_normalize": lambda x: nn.normalize(x, p=1.0, dim=-1, eps=0.0),
        "standardize": lambda x: (x - x.mean(-1, True)) / x.std(-1, correction=0, keepdim=True),
        "center": lambda x: x - x.mean(-1, keepdim=True),
        "weight_norm": lambda v, g: g[:, None] * nn.normalize(v, dim=1, eps=0.0),
        "scale_norm": lambda x, g: g * nn.normalize(x, dim=-1, eps=0.0),
        "dynamic_tanh": lambda x, alpha, w, b: w * torch.tanh(alpha * x) + b,
    }


def _others(torch: Any, nn: Any) -> dict[str, Function]:
    def weighted(x: Array, weight: Array) -> Array:
        return (weight * x).sum(-1) / weight.sum(-1)

    def attention_pool(x: Array, weight: Array) -> Array:
        return (torch.softmax(x @ weight, -1)[:, :, None] * x).sum(1)

    def squared(x: Array, z: Array) -> Array:
        return ((x[:, None] - z[None]) ** 2).sum(-1)

    return {
        "global_avg_pool": lambda x: nn.adaptive_avg_pool2d(x, 1)[..., 0, 0],
        "global_max_pool": lambda x: x.amax((2, 3)),
        "soft_pool": lambda x: (torch.softmax(x, -1) * x).sum(-1),
        "generalized_mean_pool": lambda x, p: (x**p).mean(-1) ** (1 / p),
        "attention_pool": attention_pool,
        "weighted_mean": weighted,
        "cumsum": lambda x: torch.cumsum(x, -1),
        "cosine_similarity": lambda x, z: nn.cosine_similarity(x, z, eps=0.0),
        "dot_similarity": lambda x, z: (x * z).sum(-1),
        "euclidean_distance": lambda x, z: torch.linalg.vector_norm(x - z, dim=-1),
        "manhattan_distance": lambda x, z: (x - z).abs().sum(-1),
        "pairwise_squared_distance": squared,
        "rbf_kernel": lambda x, z, gamma: torch.exp(-gamma * squared(x, z)),
        "polynomial_kernel": lambda x, z: (x @ z.T + 1.0) ** 3,
        "sigmoid_kernel": lambda x, z: torch.tanh(0.1 * (x @ z.T)),
    }
