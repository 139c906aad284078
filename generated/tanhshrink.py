"""x - tanh x: shrinks small values, keeps large ones.

Made by symderive from the forward alone; to make it again:
    symderive derive tanhshrink
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


def tanhshrink(x):
    """Tanhshrink, the value alone.

    x: (..., n)
    """
    y, _ = tanhshrink_fwd(x)
    return y


def tanhshrink_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"tanhshrink takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (t,) = tanhshrink_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (t,)
    t = np.tanh(x)  # (1)
    y = x - t  # (2)
    return y, (t,)


def tanhshrink_bwd(residuals, dy):
    """Gradient of tanhshrink, from the residuals and the cotangent dy.

    dx_i = t_i² dy_i
    """
    (t,) = residuals
    dy = _real(dy, "dy")
    if dy.shape != t.shape:
        raise ValueError(f"tanhshrink_bwd takes dy (..., n) = {t.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = tanhshrink_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.astype(t.dtype, copy=False)
    return (t**2 * dy,)  # (3)


class Tanhshrink:
    """Tanhshrink as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = tanhshrink_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = tanhshrink_bwd(self.residuals, dout)
        return dx
