"""A bell curve, exp(-x²): activation of radial networks and implicit neural fields.

Made by symderive from the forward alone; to make it again:
    symderive derive gaussian
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


def gaussian(x):
    """Gaussian, the value alone.

    x: (..., n)
    """
    y, _ = gaussian_fwd(x)
    return y


def gaussian_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"gaussian takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = gaussian_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x, y)
    y = np.exp(-(x**2))  # (1)
    return y, (x, y)


def gaussian_bwd(residuals, dy):
    """Gradient of gaussian, from the residuals and the cotangent dy.

    dx_i = -2 x_i y_i dy_i
    """
    x, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"gaussian_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = gaussian_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (-2 * x * y * dy,)  # (2)


class Gaussian:
    """Gaussian as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = gaussian_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = gaussian_bwd(self.residuals, dout)
        return dx
