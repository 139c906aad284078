"""Linear above zero, exponential below: mean activations move towards zero.

Made by symderive from the forward alone; to make it again:
    symderive derive elu
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


def elu(x, alpha=1.0):
    """Elu, the value alone.

    x: (..., n)
    """
    y, _ = elu_fwd(x, alpha=alpha)
    return y


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def elu_fwd(x, alpha=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"elu takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = elu_fwd(_single(x), alpha=alpha)
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.where(x > 0, x, alpha * np.expm1(x))  # (1)
    return y, (x,)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def elu_bwd(residuals, dy, alpha=1.0):
    """Gradient of elu, from the residuals and the cotangent dy.

    dx_i = dy_i (alpha exp(x_i) [0 ≥ x_i] + [x_i > 0])
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"elu_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = elu_bwd(tuple(map(_single, residuals)), _single(dy), alpha=alpha)
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy * np.where(x > 0, 1, alpha * np.exp(x)),)  # (2)


class Elu:
    """Elu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, alpha=1.0):
        self.alpha = alpha
        y, self.residuals = elu_fwd(x, alpha=alpha)
        return y

    def backward(self, dout):
        (dx,) = elu_bwd(self.residuals, dout, alpha=self.alpha)
        return dx
