"""The mean weighted by softmax: between average and maximum.

Made by symderive from the forward alone; to make it again:
    symderive derive soft_pool
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


def soft_pool(x, axis=-1):
    """Soft pool, the value alone.

    x: (..., n)
    """
    y, _ = soft_pool_fwd(x, axis=axis)
    return y


def soft_pool_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"soft_pool takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, e, s2, _) = soft_pool_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (x, e, s2, y)
    m = x.max(axis=axis, keepdims=True, initial=-np.inf)  # max_j x_j    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    e = np.exp(x - m)  # (3)
    s = np.vecdot(e, x, axis=axis)  # Σ_j e_j x_j    (4)
    s2 = e.sum(axis=axis)  # Σ_j e_j    (5)
    y = s / s2  # (6)
    return y, (x, e, s2, y)


def soft_pool_bwd(residuals, dy, axis=-1):
    """Gradient of soft pool, from the residuals and the cotangent dy.

    dx_i = e_i dy (1 + x_i - y) / s2
    """
    x, e, s2, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != s2.shape:
        raise ValueError(f"soft_pool_bwd takes dy (...) = {s2.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = soft_pool_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    # (7)
    return (
        e * (1 + x - np.expand_dims(y, axis)) * np.expand_dims(dy, axis) / np.expand_dims(s2, axis),
    )


class SoftPool:
    """Soft pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = soft_pool_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = soft_pool_bwd(self.residuals, dout, axis=self.axis)
        return dx
