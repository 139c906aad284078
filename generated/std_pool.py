"""The standard deviation along an axis: how much a feature varies.

Made by symderive from the forward alone; to make it again:
    symderive derive std_pool
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


def std_pool(x, eps=1e-05, axis=-1):
    """Std pool, the value alone.

    x: (..., n)
    """
    y, _ = std_pool_fwd(x, eps=eps, axis=axis)
    return y


def std_pool_fwd(x, eps=1e-05, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"std_pool takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, mu, _) = std_pool_fwd(_single(x), eps=eps, axis=axis)
        y = y.astype(x.dtype)
        return y, (x, mu, y)
    mu = x.mean(axis=axis, keepdims=True)  # Σ_j x_j / n    (1)
    v = np.mean((x - mu) ** 2, axis=axis)  # Σ_j (x_j - mu)² / n    (2)
    y = np.sqrt(eps + v)  # (3)
    return y, (x, mu, y)


def std_pool_bwd(residuals, dy, axis=-1):
    """Gradient of std pool, from the residuals and the cotangent dy.

    dx_i = dy (x_i - mu) / (n y)
    """
    x, mu, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"std_pool_bwd takes dy (...) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = std_pool_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (np.expand_dims(dy, axis) * (x - mu) / (x.shape[axis] * np.expand_dims(y, axis)),)  # (4)


class StdPool:
    """Std pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, eps=1e-05, axis=-1):
        self.axis = axis
        y, self.residuals = std_pool_fwd(x, eps=eps, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = std_pool_bwd(self.residuals, dout, axis=self.axis)
        return dx
