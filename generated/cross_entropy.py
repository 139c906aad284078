"""The negative log-likelihood of the right classes under softmax.

Made by symderive from the forward alone; to make it again:
    symderive derive cross_entropy
"""

import numpy as np


def _real(array, name, dtype=None):
    """The array where it holds real numbers, of this dtype; integers become float64."""
    if type(array) is not np.ndarray:
        array = np.asarray(array)
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind != "f" and array.dtype.name != "bfloat16":
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}")
    return array if dtype is None else array.astype(dtype, copy=False)


def _labels(array, name):
    """The array where it holds integers."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integer labels, not {array.dtype}")
    return array


def _single(array):
    """Half precision as float32; any other array as it is."""
    half = array.dtype.itemsize < 4 and array.dtype.kind not in "iu"
    return array.astype(np.float32) if half else array


def cross_entropy(x, t):
    """Cross entropy, the value alone.

    x: (b, n)
    t: (b,)
    """
    y, _ = cross_entropy_fwd(x, t)
    return y


def cross_entropy_fwd(x, t):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _labels(t, "t")
    if x.ndim != 2 or t.ndim != 1 or t.shape[0] != x.shape[0]:
        raise ValueError(f"cross_entropy takes x (b, n), t (b), not x {x.shape}, t {t.shape}")
    if t.size and not 0 <= t.min() <= t.max() < x.shape[1]:
        raise ValueError(
            f"cross_entropy takes labels t (b) from 0 to below {x.shape[1]} (n), not from "
            f"{t.min()} to {t.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, e, s) = cross_entropy_fwd(_single(x), t)
        y = y.astype(x.dtype)
        return y, (t, e, s)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1)  # Σ_j e_bj    (5)
    log_p_t = z[np.arange(len(t)), t] - np.log(s)  # z_{b,t_b} - log(s_b)    (6)
    y = -log_p_t.mean()  # -Σ_b log_p_t_b / B    (7)
    return y, (t, e, s)


def cross_entropy_bwd(residuals, dy):
    """Gradient of cross entropy, from the residuals and the cotangent dy.

    q_bi = e_bi (1 - δ(i, t_b)) / s_b
    dx_bi = dy (q_bi (1 - δ(i, t_b)) - δ(i, t_b) Σ_j q_bj) / B
    """
    t, e, s = residuals
    dy = _real(dy, "dy")
    if dy.ndim != 0:
        raise ValueError(f"cross_entropy_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = cross_entropy_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.astype(e.dtype, copy=False)
    q = e / s[:, None]  # e_bi (1 - δ(i, t_b)) / s_b    (8)
    q[np.arange(len(t)), t] = 0
    sum_q = q.sum(axis=-1)  # Σ_j q_bj    (9)
    dx = q * dy / t.shape[0]  # dy (q_bi (1 - δ(i, t_b)) - sum_q_b δ(i, t_b)) / B    (10)
    dx[np.arange(len(t)), t] = -sum_q * dy / t.shape[0]
    return (dx,)


class CrossEntropy:
    """Cross entropy as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t):
        y, self.residuals = cross_entropy_fwd(x, t)
        return y

    def backward(self, dout):
        (dx,) = cross_entropy_bwd(self.residuals, dout)
        return dx
