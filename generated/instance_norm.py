"""Each channel of each image at mean 0 and variance 1: takes contrast out of a style.

Made by symderive from the forward alone; to make it again:
    symderive derive instance_norm
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


def instance_norm(x, eps=1e-05):
    """Instance norm, the value alone.

    x: (b, c, h, w)
    """
    y, _ = instance_norm_fwd(x, eps=eps)
    return y


def instance_norm_fwd(x, eps=1e-05):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim != 4:
        raise ValueError(f"instance_norm takes x (b, c, h, w), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (sigma, _) = instance_norm_fwd(_single(x), eps=eps)
        y = y.astype(x.dtype)
        return y, (sigma, y)
    mu = x.mean(axis=(-2, -1), keepdims=True)  # Σ_hw x_bchw / (H W)    (1)
    u = x - mu  # (2)
    v = np.mean(u**2, axis=(-2, -1), keepdims=True)  # Σ_hw u_bchw² / (H W)    (3)
    sigma = np.sqrt(eps + v)  # (4)
    y = u / sigma  # (5)
    return y, (sigma, y)


def instance_norm_bwd(residuals, dy):
    """Gradient of instance norm, from the residuals and the cotangent dy.

    dx_bchw = (dy_bchw - Σ_h'w' dy_bch'w' / (H W) - y_bchw Σ_h'w' y_bch'w' dy_bch'w' / (H W)) /
        sigma_bc
    """
    sigma, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"instance_norm_bwd takes dy (b, c, h, w) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = instance_norm_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    mean_dy = dy.mean(axis=(-2, -1), keepdims=True)  # Σ_hw dy_bchw / (H W)    (6)
    mean_y_dy = np.mean(y * dy, axis=(-2, -1), keepdims=True)  # Σ_hw y_bchw dy_bchw / (H W)    (7)
    return ((dy - mean_dy - mean_y_dy * y) / sigma,)  # (8)


class InstanceNorm:
    """Instance norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, eps=1e-05):
        y, self.residuals = instance_norm_fwd(x, eps=eps)
        return y

    def backward(self, dout):
        (dx,) = instance_norm_bwd(self.residuals, dout)
        return dx
