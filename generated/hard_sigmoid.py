"""Three straight lines in the shape of a sigmoid.

Made by symderive from the forward alone; to make it again:
    symderive derive hard_sigmoid
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


def hard_sigmoid(x):
    """Hard sigmoid, the value alone.

    x: (..., n)
    """
    y, _ = hard_sigmoid_fwd(x)
    return y


def hard_sigmoid_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"hard_sigmoid takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = hard_sigmoid_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.minimum(np.maximum(3 + x, 0), 6) / 6  # (1)
    return y, (x,)


def hard_sigmoid_bwd(residuals, dy):
    """Gradient of hard sigmoid, from the residuals and the cotangent dy.

    dx_i = dy_i [6 > u_i] [3 + x_i > 0] / 6
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"hard_sigmoid_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = hard_sigmoid_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (np.where((np.maximum(3 + x, 0) < 6) & (3 + x > 0), dy / 6, 0),)  # (2)


class HardSigmoid:
    """Hard sigmoid as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = hard_sigmoid_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = hard_sigmoid_bwd(self.residuals, dout)
        return dx
