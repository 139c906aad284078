"""Each row at mean square 1: a layer norm that leaves the mean alone.

Made by symderive from the forward alone; to make it again:
    symderive derive rms_norm
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


def rms_norm(x, eps=1e-06, axis=-1):
    """Rms norm, the value alone.

    x: (..., n)
    """
    y, _ = rms_norm_fwd(x, eps=eps, axis=axis)
    return y


def rms_norm_fwd(x, eps=1e-06, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"rms_norm takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (r, _) = rms_norm_fwd(_single(x), eps=eps, axis=axis)
        y = y.astype(x.dtype)
        return y, (r, y)
    v = np.vecdot(x, x, axis=axis, keepdims=True) / x.shape[axis]  # Σ_j x_j² / n    (1)
    r = 1 / np.sqrt(eps + v)  # (2)
    y = r * x  # (3)
    return y, (r, y)


def rms_norm_bwd(residuals, dy, axis=-1):
    """Gradient of rms norm, from the residuals and the cotangent dy.

    dx_i = r (dy_i - y_i Σ_j y_j dy_j / n)
    """
    r, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"rms_norm_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = rms_norm_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    # Σ_j y_j dy_j / n    (4)
    mean_y_dy = np.vecdot(y, dy, axis=axis, keepdims=True) / y.shape[axis]
    return (r * (dy - mean_y_dy * y),)  # (5)


class RmsNorm:
    """Rms norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, eps=1e-06, axis=-1):
        self.axis = axis
        y, self.residuals = rms_norm_fwd(x, eps=eps, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = rms_norm_bwd(self.residuals, dout, axis=self.axis)
        return dx
