"""The negative log-likelihood of the right classes from log-probabilities.

Made by symderive from the forward alone; to make it again:
    symderive derive nll_loss
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


def nll_loss(log_p, t):
    """Nll loss, the value alone.

    log_p: (b, n)
    t: (b,)
    """
    y, _ = nll_loss_fwd(log_p, t)
    return y


def nll_loss_fwd(log_p, t):
    """The value, and what the gradient needs: (y, residuals)."""
    log_p = _real(log_p, "log_p")
    t = _labels(t, "t")
    if log_p.ndim != 2 or t.ndim != 1 or t.shape[0] != log_p.shape[0]:
        raise ValueError(
            f"nll_loss takes log_p (b, n), t (b), not log_p {log_p.shape}, t {t.shape}"
        )
    if t.size and not 0 <= t.min() <= t.max() < log_p.shape[1]:
        raise ValueError(
            f"nll_loss takes labels t (b) from 0 to below {log_p.shape[1]} (n), not from {t.min()} "
            f"to {t.max()}"
        )
    if log_p.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = nll_loss_fwd(_single(log_p), t)
        y = y.astype(log_p.dtype)
        return y, (log_p, t)
    y = -np.mean(log_p[np.arange(len(t)), t])  # -Σ_b log_p_{b,t_b} / B    (1)
    return y, (log_p, t)


def nll_loss_bwd(residuals, dy):
    """Gradient of nll loss, from the residuals and the cotangent dy.

    dlog_p_bi = -dy δ(i, t_b) / B
    """
    log_p, t = residuals
    dy = _real(dy, "dy", log_p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"nll_loss_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = nll_loss_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    # -dy δ(i, t_b) / B    (2)
    return (np.where(np.arange(log_p.shape[-1]) == t[:, None], -dy / log_p.shape[0], 0),)


class NllLoss:
    """Nll loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, log_p, t):
        y, self.residuals = nll_loss_fwd(log_p, t)
        return y

    def backward(self, dout):
        (dlog_p,) = nll_loss_bwd(self.residuals, dout)
        return dlog_p
