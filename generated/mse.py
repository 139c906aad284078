"""The mean squared error: the likelihood of a normal distribution.

Made by symderive from the forward alone; to make it again:
    symderive derive mse
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


def mse(x, target):
    """Mse, the value alone.

    x: (b, n)
    target: (b, n)
    """
    y, _ = mse_fwd(x, target)
    return y


def mse_fwd(x, target):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"mse takes x (b, n), target (b, n), not x {x.shape}, target {target.shape}"
        )
    if x.dtype.itemsize < 4 or target.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = mse_fwd(_single(x), _single(target))
        y = y.astype(np.result_type(x, target))
        return y, (x, target)
    y = np.mean((x - target) ** 2)  # Σ_bj (x_bj - target_bj)² / (n B)    (1)
    return y, (x, target)


def mse_bwd(residuals, dy):
    """Gradient of mse, from the residuals and the cotangent dy.

    dx_bi = 2 dy (x_bi - target_bi) / (n B)
    dtarget_bi = -dx_bi
    """
    x, target = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"mse_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = mse_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = 2 * dy * (x - target) / x.size  # (2)
    dtarget = -dx  # (3)
    return dx, dtarget


class Mse:
    """Mse as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target):
        y, self.residuals = mse_fwd(x, target)
        return y

    def backward(self, dout):
        return mse_bwd(self.residuals, dout)
