"""Softmax of soft-capped scores: no attention score can run away.

Made by symderive from the forward alone; to make it again:
    symderive derive softcap_softmax
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


def _single(array):
    """Half precision as float32; any other array as it is."""
    half = array.dtype.itemsize < 4 and array.dtype.kind not in "iu"
    return array.astype(np.float32) if half else array


def softcap_softmax(x, cap=30.0, axis=-1):
    """Softcap softmax, the value alone.

    x: (..., n)
    """
    y, _ = softcap_softmax_fwd(x, cap=cap, axis=axis)
    return y


def softcap_softmax_fwd(x, cap=30.0, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softcap_softmax takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (t, _) = softcap_softmax_fwd(_single(x), cap=cap, axis=axis)
        y = y.astype(x.dtype)
        return y, (t, y)
    t = np.tanh(x / cap)  # (1)
    cap_t = cap * t  # (2)
    m = cap_t.max(axis=axis, keepdims=True, initial=-np.inf)  # max_j cap_t_j    (3)
    m[np.isinf(m)] = 0  # where finite, else 0    (4)
    e = np.exp(cap_t - m)  # (5)
    s = e.sum(axis=axis, keepdims=True)  # Σ_j e_j    (6)
    y = e / s  # (7)
    return y, (t, y)


def softcap_softmax_bwd(residuals, dy, axis=-1):
    """Gradient of softcap softmax, from the residuals and the cotangent dy.

    dx_i = y_i (dy_i - Σ_j y_j dy_j) (1 - t_i²)
    """
    t, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != t.shape:
        raise ValueError(f"softcap_softmax_bwd takes dy (..., n) = {t.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softcap_softmax_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, axis=axis, keepdims=True)  # Σ_j y_j dy_j    (8)
    return (y * (dy - inner) * (1 - t**2),)  # (9)


class SoftcapSoftmax:
    """Softcap softmax as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, cap=30.0, axis=-1):
        self.axis = axis
        y, self.residuals = softcap_softmax_fwd(x, cap=cap, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = softcap_softmax_bwd(self.residuals, dout, axis=self.axis)
        return dx
