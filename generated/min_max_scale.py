"""Each row from 0 at its minimum to 1 at its maximum.

Made by symderive from the forward alone; to make it again:
    symderive derive min_max_scale
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


def min_max_scale(x, axis=-1):
    """Min max scale, the value alone.

    x: (..., n)
    """
    y, _ = min_max_scale_fwd(x, axis=axis)
    return y


def min_max_scale_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"min_max_scale takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, low, high) = min_max_scale_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (x, low, high)
    low = x.min(axis=axis, keepdims=True)  # min_j x_j    (1)
    high = x.max(axis=axis, keepdims=True)  # max_j x_j    (2)
    y = (x - low) / (high - low)  # (3)
    return y, (x, low, high)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def min_max_scale_bwd(residuals, dy, axis=-1):
    """Gradient of min max scale, from the residuals and the cotangent dy.

    dx_i = (dy_i - [x_i = high] Σ_j dy_j (x_j - low) / ((high - low) Σ_j [x_j = high])) / (high -
        low) + [low = x_i] Σ_j dy_j ((x_j - low) / (high - low)² - 1 / (high - low)) / Σ_j [low =
        x_j]
    """
    x, low, high = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"min_max_scale_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = min_max_scale_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    x_minus_low = x - low  # (4)
    high_minus_low = high - low  # (5)
    count = np.sum(high == x, axis=axis, keepdims=True, dtype=x.dtype)  # Σ_j [high = x_j]    (6)
    inner = np.vecdot(x_minus_low, dy, axis=axis, keepdims=True)  # Σ_j x_minus_low_j dy_j    (7)
    # Σ_j [low = x_j]    (8)
    count_low_x = np.sum(x == low, axis=axis, keepdims=True, dtype=x.dtype)
    # Σ_j dy_j (x_minus_low_j / high_minus_low² - 1 / high_minus_low)    (9)
    inner_dy_high_minus_low = np.vecdot(
        dy, x_minus_low / high_minus_low**2 - 1 / high_minus_low, axis=axis, keepdims=True
    )
    # (10)
    return (
        (dy - np.where(high == x, inner / (count * high_minus_low), 0)) / high_minus_low
        + np.where(low == x, inner_dy_high_minus_low / count_low_x, 0),
    )


class MinMaxScale:
    """Min max scale as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = min_max_scale_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = min_max_scale_bwd(self.residuals, dout, axis=self.axis)
        return dx
