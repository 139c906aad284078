"""An ELU that has a continuous derivative for every alpha.

Made by symderive from the forward alone; to make it again:
    symderive derive celu
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


def celu(x, alpha=1.0):
    """Celu, the value alone.

    x: (..., n)
    """
    y, _ = celu_fwd(x, alpha=alpha)
    return y


def celu_fwd(x, alpha=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"celu takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, expm1) = celu_fwd(_single(x), alpha=alpha)
        y = y.astype(x.dtype)
        return y, (x, expm1)
    expm1 = np.expm1(x / alpha)  # (1)
    y = np.where(x > 0, x, alpha * expm1)  # (2)
    return y, (x, expm1)


def celu_bwd(residuals, dy):
    """Gradient of celu, from the residuals and the cotangent dy.

    dx_i = dy_i ([0 ≥ x_i] (1 + expm1_i) + [x_i > 0])
    """
    x, expm1 = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"celu_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = celu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy * np.where(x > 0, 1, 1 + expm1),)  # (3)


class Celu:
    """Celu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, alpha=1.0):
        y, self.residuals = celu_fwd(x, alpha=alpha)
        return y

    def backward(self, dout):
        (dx,) = celu_bwd(self.residuals, dout)
        return dx
