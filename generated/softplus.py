"""A smooth ReLU: log(1 + exp x), the integral of the sigmoid.

Made by symderive from the forward alone; to make it again:
    symderive derive softplus
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


def softplus(x):
    """Softplus, the value alone.

    x: (..., n)
    """
    y, _ = softplus_fwd(x)
    return y


def softplus_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softplus takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = softplus_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.logaddexp(x, 0)  # (1)
    return y, (x,)


def softplus_bwd(residuals, dy):
    """Gradient of softplus, from the residuals and the cotangent dy.

    dx_i = dy_i sigmoid(x_i)
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"softplus_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softplus_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy * _sigmoid(x),)  # (2)


class Softplus:
    """Softplus as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = softplus_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = softplus_bwd(self.residuals, dout)
        return dx
