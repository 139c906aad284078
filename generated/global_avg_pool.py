"""The mean of each channel.

Made by symderive from the forward alone; to make it again:
    symderive derive global_avg_pool
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


def global_avg_pool(x):
    """Global avg pool, the value alone.

    x: (b, c, h, w)
    """
    y, _ = global_avg_pool_fwd(x)
    return y


def global_avg_pool_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim != 4:
        raise ValueError(f"global_avg_pool takes x (b, c, h, w), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = global_avg_pool_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x,)
    y = x.mean(axis=(-2, -1))  # Σ_hw x_bchw / (H W)    (1)
    return y, (x,)


def global_avg_pool_bwd(residuals, dy):
    """Gradient of global avg pool, from the residuals and the cotangent dy.

    dx_bchw = dy_bc / (H W)
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != x.shape[1]:
        raise ValueError(f"global_avg_pool_bwd takes dy (b, c), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = global_avg_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy[:, :, None, None] / (x.shape[-2] * x.shape[-1]) + np.zeros_like(x),)  # (2)


class GlobalAvgPool:
    """Global avg pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = global_avg_pool_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = global_avg_pool_bwd(self.residuals, dout)
        return dx
