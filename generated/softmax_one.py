"""Softmax with one more score of zero: a head may attend to nothing.

Made by symderive from the forward alone; to make it again:
    symderive derive softmax_one
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


def softmax_one(x, axis=-1):
    """Softmax one, the value alone.

    x: (..., n)
    """
    y, _ = softmax_one_fwd(x, axis=axis)
    return y


def softmax_one_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softmax_one takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = softmax_one_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (y,)
    max_x = x.max(axis=axis, keepdims=True)  # max_j x_j    (1)
    m = np.where(np.abs(np.maximum(max_x, 0)) < np.inf, np.maximum(max_x, 0), 0)  # (2)
    e = np.exp(x - m)  # (3)
    s = e.sum(axis=axis, keepdims=True)  # Σ_j e_j    (4)
    y = e / (np.exp(-m) + s)  # (5)
    return y, (y,)


def softmax_one_bwd(residuals, dy, axis=-1):
    """Gradient of softmax one, from the residuals and the cotangent dy.

    dx_i = y_i (dy_i - Σ_j y_j dy_j)
    """
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"softmax_one_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softmax_one_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, axis=axis, keepdims=True)  # Σ_j y_j dy_j    (6)
    return (y * (dy - inner),)  # (7)


class SoftmaxOne:
    """Softmax one as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = softmax_one_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = softmax_one_bwd(self.residuals, dout, axis=self.axis)
        return dx
