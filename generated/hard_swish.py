"""x times its hard sigmoid: SiLU without an exponential.

Made by symderive from the forward alone; to make it again:
    symderive derive hard_swish
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


def hard_swish(x):
    """Hard swish, the value alone.

    x: (..., n)
    """
    y, _ = hard_swish_fwd(x)
    return y


def hard_swish_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"hard_swish takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = hard_swish_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x,)
    y = x * np.minimum(np.maximum(3 + x, 0), 6) / 6  # (1)
    return y, (x,)


def hard_swish_bwd(residuals, dy):
    """Gradient of hard swish, from the residuals and the cotangent dy.

    dx_i = dy_i (minimum(u_i, 6) + x_i [6 > u_i] [3 + x_i > 0]) / 6
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"hard_swish_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = hard_swish_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    u = np.maximum(3 + x, 0)  # (2)
    return (dy * (np.minimum(u, 6) + np.where((3 + x > 0) & (u < 6), x, 0)) / 6,)  # (3)


class HardSwish:
    """Hard swish as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = hard_swish_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = hard_swish_bwd(self.residuals, dout)
        return dx
