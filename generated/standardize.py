"""Each row at mean 0 and standard deviation 1, the z-score.

Made by symderive from the forward alone; to make it again:
    symderive derive standardize
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


def standardize(x, axis=-1):
    """Standardize, the value alone.

    x: (..., n)
    """
    y, _ = standardize_fwd(x, axis=axis)
    return y


def standardize_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"standardize takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (sigma, _) = standardize_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (sigma, y)
    mu = x.mean(axis=axis, keepdims=True)  # Σ_j x_j / n    (1)
    u = x - mu  # (2)
    m = np.max(np.abs(u), axis=axis, keepdims=True, initial=-np.inf)  # max_j |u_j|    (3)
    m[np.isinf(m)] = 0  # where finite, else 0    (4)
    c = (m == 0) + m  # (5)
    z = u / c  # (6)
    mean_z = np.vecdot(z, z, axis=axis, keepdims=True) / x.shape[axis]  # Σ_j z_j² / n    (7)
    sigma = c * np.sqrt(mean_z)  # (8)
    y = u / sigma  # (9)
    return y, (sigma, y)


def standardize_bwd(residuals, dy, axis=-1):
    """Gradient of standardize, from the residuals and the cotangent dy.

    dx_i = (dy_i - Σ_j dy_j / n - y_i Σ_j y_j dy_j / n) / sigma
    """
    sigma, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"standardize_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = standardize_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    mean_dy = dy.mean(axis=axis, keepdims=True)  # Σ_j dy_j / n    (10)
    # Σ_j y_j dy_j / n    (11)
    mean_y_dy = np.vecdot(y, dy, axis=axis, keepdims=True) / y.shape[axis]
    return ((dy - mean_dy - mean_y_dy * y) / sigma,)  # (12)


class Standardize:
    """Standardize as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = standardize_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = standardize_bwd(self.residuals, dout, axis=self.axis)
        return dx
