"""The largest value of each channel.

Made by symderive from the forward alone; to make it again:
    symderive derive global_max_pool
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


def global_max_pool(x):
    """Global max pool, the value alone.

    x: (b, c, h, w)
    """
    y, _ = global_max_pool_fwd(x)
    return y


def global_max_pool_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim != 4:
        raise ValueError(f"global_max_pool takes x (b, c, h, w), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = global_max_pool_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x, y)
    y = x.max(axis=(-2, -1))  # max_hw x_bchw    (1)
    return y, (x, y)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def global_max_pool_bwd(residuals, dy):
    """Gradient of global max pool, from the residuals and the cotangent dy.

    dx_bchw = dy_bc [y_bc = x_bchw] / Σ_h'w' [y_bc = x_bch'w']
    """
    x, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"global_max_pool_bwd takes dy (b, c) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = global_max_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    # Σ_hw [y_bc = x_bchw]    (2)
    count = np.sum(y[:, :, None, None] == x, axis=(-2, -1), keepdims=True, dtype=x.dtype)
    return (np.where(y[:, :, None, None] == x, dy[:, :, None, None] / count, 0),)  # (3)


class GlobalMaxPool:
    """Global max pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = global_max_pool_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = global_max_pool_bwd(self.residuals, dout)
        return dx
