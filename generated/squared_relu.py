"""The square of the positive part (Primer).

Made by symderive from the forward alone; to make it again:
    symderive derive squared_relu
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


def squared_relu(x):
    """Squared relu, the value alone.

    x: (..., n)
    """
    y, _ = squared_relu_fwd(x)
    return y


def squared_relu_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"squared_relu takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = squared_relu_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.maximum(x, 0) ** 2  # (1)
    return y, (x,)


def squared_relu_bwd(residuals, dy):
    """Gradient of squared relu, from the residuals and the cotangent dy.

    dx_i = 2 dy_i maximum(x_i, 0) [x_i > 0]
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"squared_relu_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = squared_relu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (np.where(x > 0, 2 * dy * np.maximum(x, 0), 0),)  # (2)


class SquaredRelu:
    """Squared relu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = squared_relu_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = squared_relu_bwd(self.residuals, dout)
        return dx
