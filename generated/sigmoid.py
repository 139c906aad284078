"""The logistic function: a real number becomes a probability.

Made by symderive from the forward alone; to make it again:
    symderive derive sigmoid
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


def _sigmoid(x):
    """1 / (1 + exp(-x)) without overflow: past 40 it is 1."""
    # many elements are looked through in less time than copied
    held = x if x.size >= 4096 and x.max() <= 40 else np.minimum(x, 40)
    e = np.exp(held)
    e /= 1 + e
    return e


def sigmoid(x):
    """Sigmoid, the value alone.

    x: (..., n)
    """
    y, _ = sigmoid_fwd(x)
    return y


def sigmoid_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"sigmoid takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = sigmoid_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (y,)
    y = _sigmoid(x)  # (1)
    return y, (y,)


def sigmoid_bwd(residuals, dy):
    """Gradient of sigmoid, from the residuals and the cotangent dy.

    dx_i = y_i dy_i (1 - y_i)
    """
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"sigmoid_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = sigmoid_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (y * (1 - y) * dy,)  # (2)


class Sigmoid:
    """Sigmoid as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = sigmoid_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = sigmoid_bwd(self.residuals, dout)
        return dx
