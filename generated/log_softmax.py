"""The logarithm of softmax, which every log-likelihood of classes needs.

Made by symderive from the forward alone; to make it again:
    symderive derive log_softmax
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


def log_softmax(x, axis=-1):
    """Log softmax, the value alone.

    x: (..., n)
    """
    y, _ = log_softmax_fwd(x, axis=axis)
    return y


def log_softmax_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"log_softmax takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = log_softmax_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (y,)
    m = x.max(axis=axis, keepdims=True, initial=-np.inf)  # max_j x_j    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    s = np.sum(np.exp(z), axis=axis, keepdims=True)  # Σ_j exp(z_j)    (4)
    y = z - np.log(s)  # (5)
    return y, (y,)


def log_softmax_bwd(residuals, dy, axis=-1):
    """Gradient of log softmax, from the residuals and the cotangent dy.

    dx_i = dy_i - exp(y_i) Σ_j dy_j
    """
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"log_softmax_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = log_softmax_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    sum_dy = dy.sum(axis=axis, keepdims=True)  # Σ_j dy_j    (6)
    return (dy - sum_dy * np.exp(y),)  # (7)


class LogSoftmax:
    """Log softmax as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = log_softmax_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = log_softmax_bwd(self.residuals, dout, axis=self.axis)
        return dx
