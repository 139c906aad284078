"""The running total along an axis.

Made by symderive from the forward alone; to make it again:
    symderive derive cumsum
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


def _cumsum(array, axis):
    """Running sums. In float32 each would carry the rounding of all before it, so they add up in
    float64."""
    return np.cumsum(array, axis=axis, dtype=np.float64).astype(array.dtype, copy=False)


def cumsum(x):
    """Cumsum, the value alone.

    x: (..., n)
    """
    y, _ = cumsum_fwd(x)
    return y


def cumsum_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"cumsum takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = cumsum_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, ()
    y = _cumsum(x, -1)  # Σ_j x_j [i ≥ j]    (1)
    return y, ()


def cumsum_bwd(residuals, dy):
    """Gradient of cumsum, from the residuals and the cotangent dy.

    dx_i = Σ_j dy_j [j ≥ i]
    """
    dy = _real(dy, "dy")
    if dy.ndim < 1:
        raise ValueError(f"cumsum_bwd takes dy (..., n), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = cumsum_bwd(residuals, _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (np.flip(_cumsum(np.flip(dy, -1), -1), -1),)  # Σ_j dy_j [j ≥ i]    (2)


class Cumsum:
    """Cumsum as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = cumsum_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = cumsum_bwd(self.residuals, dout)
        return dx
