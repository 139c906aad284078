"""The entropy of the softmax distribution: how undecided the scores are.

Made by symderive from the forward alone; to make it again:
    symderive derive softmax_entropy
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


def softmax_entropy(x, axis=-1):
    """Softmax entropy, the value alone.

    x: (..., n)
    """
    y, _ = softmax_entropy_fwd(x, axis=axis)
    return y


def softmax_entropy_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softmax_entropy takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, m, p, log_s, _) = softmax_entropy_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (x, m, p, log_s, y)
    m = x.max(axis=axis, keepdims=True, initial=-np.inf)  # max_j x_j    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=axis, keepdims=True)  # Σ_j e_j    (5)
    p = e / s  # (6)
    log_s = np.log(s)  # (7)
    y = -np.vecdot(p, z - log_s, axis=axis)  # -Σ_j p_j (z_j - log_s)    (8)
    return y, (x, m, p, log_s, y)


def softmax_entropy_bwd(residuals, dy, axis=-1):
    """Gradient of softmax entropy, from the residuals and the cotangent dy.

    dx_i = p_i dy (log_s - y - z_i)
    """
    x, m, p, log_s, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"softmax_entropy_bwd takes dy (...) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softmax_entropy_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (p * (log_s - (x - m) - np.expand_dims(y, axis)) * np.expand_dims(dy, axis),)  # (9)


class SoftmaxEntropy:
    """Softmax entropy as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = softmax_entropy_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = softmax_entropy_bwd(self.residuals, dout, axis=self.axis)
        return dx
