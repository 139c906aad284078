"""Each row at length 1: a direction.

Made by symderive from the forward alone; to make it again:
    symderive derive l2_normalize
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


def l2_normalize(x, axis=-1):
    """L2 normalize, the value alone.

    x: (..., n)
    """
    y, _ = l2_normalize_fwd(x, axis=axis)
    return y


def l2_normalize_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"l2_normalize takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (norm, _) = l2_normalize_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (norm, y)
    m = np.max(np.abs(x), axis=axis, keepdims=True, initial=-np.inf)  # max_j |x_j|    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    c = (m == 0) + m  # (3)
    z = x / c  # (4)
    sum_z_squared = np.vecdot(z, z, axis=axis, keepdims=True)  # Σ_j z_j²    (5)
    norm = c * np.sqrt(sum_z_squared)  # (6)
    y = x / norm  # (7)
    return y, (norm, y)


def l2_normalize_bwd(residuals, dy, axis=-1):
    """Gradient of l2 normalize, from the residuals and the cotangent dy.

    dx_i = (dy_i - y_i Σ_j y_j dy_j) / norm
    """
    norm, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"l2_normalize_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = l2_normalize_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, axis=axis, keepdims=True)  # Σ_j y_j dy_j    (8)
    return ((dy - inner * y) / norm,)  # (9)


class L2Normalize:
    """L2 normalize as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = l2_normalize_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = l2_normalize_bwd(self.residuals, dout, axis=self.axis)
        return dx
