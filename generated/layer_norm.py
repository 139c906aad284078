"""Each row at mean 0 and variance 1, without weights.

Made by symderive from the forward alone; to make it again:
    symderive derive layer_norm
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


def layer_norm(x, eps=1e-05, axis=-1):
    """Layer norm, the value alone.

    x: (..., n)
    """
    y, _ = layer_norm_fwd(x, eps=eps, axis=axis)
    return y


def layer_norm_fwd(x, eps=1e-05, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"layer_norm takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (sigma, _) = layer_norm_fwd(_single(x), eps=eps, axis=axis)
        y = y.astype(x.dtype)
        return y, (sigma, y)
    mu = x.mean(axis=axis, keepdims=True)  # Σ_j x_j / n    (1)
    u = x - mu  # (2)
    v = np.vecdot(u, u, axis=axis, keepdims=True) / x.shape[axis]  # Σ_j u_j² / n    (3)
    sigma = np.sqrt(eps + v)  # (4)
    y = u / sigma  # (5)
    return y, (sigma, y)


def layer_norm_bwd(residuals, dy, axis=-1):
    """Gradient of layer norm, from the residuals and the cotangent dy.

    dx_i = (dy_i - Σ_j dy_j / n - y_i Σ_j y_j dy_j / n) / sigma
    """
    sigma, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"layer_norm_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = layer_norm_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    mean_dy = dy.mean(axis=axis, keepdims=True)  # Σ_j dy_j / n    (6)
    # Σ_j y_j dy_j / n    (7)
    mean_y_dy = np.vecdot(y, dy, axis=axis, keepdims=True) / y.shape[axis]
    return ((dy - mean_dy - mean_y_dy * y) / sigma,)  # (8)


class LayerNorm:
    """Layer norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, eps=1e-05, axis=-1):
        self.axis = axis
        y, self.residuals = layer_norm_fwd(x, eps=eps, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = layer_norm_bwd(self.residuals, dout, axis=self.axis)
        return dx
