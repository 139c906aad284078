"""Moves every value towards zero by lambd: the proximal step of an L1 penalty.

Made by symderive from the forward alone; to make it again:
    symderive derive softshrink
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


def softshrink(x, lambd=0.5):
    """Softshrink, the value alone.

    x: (..., n)
    """
    y, _ = softshrink_fwd(x, lambd=lambd)
    return y


def softshrink_fwd(x, lambd=0.5):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softshrink takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = softshrink_fwd(_single(x), lambd=lambd)
        y = y.astype(x.dtype)
        return y, (x,)
    # (1)
    y = np.where(x > lambd, x - lambd, 0) + np.where((lambd >= x) & (-lambd > x), lambd + x, 0)
    return y, (x,)


def softshrink_bwd(residuals, dy, lambd=0.5):
    """Gradient of softshrink, from the residuals and the cotangent dy.

    dx_i = dy_i ([x_i > lambd] + [lambd ≥ x_i] [-lambd > x_i])
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"softshrink_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softshrink_bwd(tuple(map(_single, residuals)), _single(dy), lambd=lambd)
        return tuple(g.astype(dy.dtype) for g in gradients)
    # (2)
    return (dy * ((x > lambd).astype(x.dtype) + ((lambd >= x) & (-lambd > x)).astype(x.dtype)),)


class Softshrink:
    """Softshrink as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, lambd=0.5):
        self.lambd = lambd
        y, self.residuals = softshrink_fwd(x, lambd=lambd)
        return y

    def backward(self, dout):
        (dx,) = softshrink_bwd(self.residuals, dout, lambd=self.lambd)
        return dx
