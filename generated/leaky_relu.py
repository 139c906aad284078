"""A ReLU with a small slope below zero, so that no unit dies.

Made by symderive from the forward alone; to make it again:
    symderive derive leaky_relu
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


def leaky_relu(x, negative_slope=0.01):
    """Leaky relu, the value alone.

    x: (..., n)
    """
    y, _ = leaky_relu_fwd(x, negative_slope=negative_slope)
    return y


def leaky_relu_fwd(x, negative_slope=0.01):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"leaky_relu takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = leaky_relu_fwd(_single(x), negative_slope=negative_slope)
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.where(x > 0, x, negative_slope * x)  # (1)
    return y, (x,)


def leaky_relu_bwd(residuals, dy, negative_slope=0.01):
    """Gradient of leaky relu, from the residuals and the cotangent dy.

    dx_i = dy_i (negative_slope [0 ≥ x_i] + [x_i > 0])
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"leaky_relu_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = leaky_relu_bwd(
            tuple(map(_single, residuals)), _single(dy), negative_slope=negative_slope
        )
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy * np.where(x > 0, 1, negative_slope).astype(x.dtype),)  # (2)


class LeakyRelu:
    """Leaky relu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, negative_slope=0.01):
        self.negative_slope = negative_slope
        y, self.residuals = leaky_relu_fwd(x, negative_slope=negative_slope)
        return y

    def backward(self, dout):
        (dx,) = leaky_relu_bwd(self.residuals, dout, negative_slope=self.negative_slope)
        return dx
