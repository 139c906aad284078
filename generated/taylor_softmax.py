"""Softmax with the exponential's second-order polynomial, which is always positive.

Made by symderive from the forward alone; to make it again:
    symderive derive taylor_softmax
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


def taylor_softmax(x, axis=-1):
    """Taylor softmax, the value alone.

    x: (..., n)
    """
    y, _ = taylor_softmax_fwd(x, axis=axis)
    return y


def taylor_softmax_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"taylor_softmax takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, s, _) = taylor_softmax_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (x, s, y)
    e = 1 + 0.5 * x**2 + x  # (1)
    s = e.sum(axis=axis, keepdims=True)  # Σ_j e_j    (2)
    y = e / s  # (3)
    return y, (x, s, y)


def taylor_softmax_bwd(residuals, dy, axis=-1):
    """Gradient of taylor softmax, from the residuals and the cotangent dy.

    dx_i = (dy_i - Σ_j y_j dy_j) (1 + x_i) / s
    """
    x, s, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"taylor_softmax_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = taylor_softmax_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, axis=axis, keepdims=True)  # Σ_j y_j dy_j    (4)
    return ((dy - inner) * (1 + x) / s,)  # (5)


class TaylorSoftmax:
    """Taylor softmax as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = taylor_softmax_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = taylor_softmax_bwd(self.residuals, dout, axis=self.axis)
        return dx
