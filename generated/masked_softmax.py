"""Softmax over the places where the mask is 1, and exact zeros elsewhere.

Made by symderive from the forward alone; to make it again:
    symderive derive masked_softmax
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


def masked_softmax(x, mask):
    """Masked softmax, the value alone.

    x: (b, n)
    mask: (b, n)
    """
    y, _ = masked_softmax_fwd(x, mask)
    return y


def masked_softmax_fwd(x, mask):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    mask = _labels(mask, "mask")
    if x.ndim != 2 or mask.ndim != 2 or mask.shape[0] != x.shape[0] or mask.shape[1] != x.shape[1]:
        raise ValueError(
            f"masked_softmax takes x (b, n), mask (b, n), not x {x.shape}, mask {mask.shape}"
        )
    if mask.size and not 0 <= mask.min() <= mask.max() < 2:
        raise ValueError(
            f"masked_softmax takes labels mask (b, n) from 0 to below 2, not from {mask.min()} to "
            f"{mask.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = masked_softmax_fwd(_single(x), mask)
        y = y.astype(x.dtype)
        return y, (y,)
    # max_j (x_bj δ(1, mask_bj) - ∞ [mask_bj ≠ 1])    (1)
    m = np.max(np.where(mask == 1, x, -np.inf), axis=-1, keepdims=True, initial=-np.inf)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    e = np.where(mask == 1, np.exp(x - m), 0)  # exp(x_bi - m_b) δ(1, mask_bi)    (3)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (4)
    y = e / s  # (5)
    return y, (y,)


def masked_softmax_bwd(residuals, dy):
    """Gradient of masked softmax, from the residuals and the cotangent dy.

    dx_bi = y_bi (dy_bi - Σ_j y_bj dy_bj)
    """
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"masked_softmax_bwd takes dy (b, n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = masked_softmax_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, keepdims=True)  # Σ_j y_bj dy_bj    (6)
    return (y * (dy - inner),)  # (7)


class MaskedSoftmax:
    """Masked softmax as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, mask):
        y, self.residuals = masked_softmax_fwd(x, mask)
        return y

    def backward(self, dout):
        (dx,) = masked_softmax_bwd(self.residuals, dout)
        return dx
