"""The approximation of GELU by a tanh that GPT-2 uses.

Made by symderive from the forward alone; to make it again:
    symderive derive gelu_tanh
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


def _sigmoid(x):
    """1 / (1 + exp(-x)) without overflow: past 40 it is 1."""
    # many elements are looked through in less time than copied
    held = x if x.size >= 4096 and x.max() <= 40 else np.minimum(x, 40)
    e = np.exp(held)
    e /= 1 + e
    return e


def gelu_tanh(x):
    """Gelu tanh, the value alone.

    x: (..., n)
    """
    y, _ = gelu_tanh_fwd(x)
    return y


def gelu_tanh_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"gelu_tanh takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, s) = gelu_tanh_fwd(_single(x))
        y = y.astype(x.dtype)
        return y, (x, s)
    s = _sigmoid(2 * (2 / np.pi) ** 0.5 * (0.044715 * (x**2 * x) + x))  # (1)
    y = s * x  # (2)
    return y, (x, s)


def gelu_tanh_bwd(residuals, dy):
    """Gradient of gelu tanh, from the residuals and the cotangent dy.

    dx_i = s_i dy_i (1 + x_i (1 - s_i) (2 √(2 / π) + 0.26829 x_i² √(2 / π)))
    """
    x, s = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"gelu_tanh_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = gelu_tanh_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    # (3)
    return (
        s * (1 + x * (1 - s) * (2 * (2 / np.pi) ** 0.5 + 0.26829 * x**2 * (2 / np.pi) ** 0.5)) * dy,
    )


class GeluTanh:
    """Gelu tanh as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = gelu_tanh_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = gelu_tanh_bwd(self.residuals, dout)
        return dx
