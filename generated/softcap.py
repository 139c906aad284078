"""Bounds logits smoothly to (-cap, cap), as in Gemma 2.

Made by symderive from the forward alone; to make it again:
    symderive derive softcap
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


def softcap(x, cap=30.0):
    """Softcap, the value alone.

    x: (..., n)
    """
    y, _ = softcap_fwd(x, cap=cap)
    return y


def softcap_fwd(x, cap=30.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"softcap takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = softcap_fwd(_single(x), cap=cap)
        y = y.astype(x.dtype)
        return y, (y,)
    y = cap * np.tanh(x / cap)  # (1)
    return y, (y,)


def softcap_bwd(residuals, dy, cap=30.0):
    """Gradient of softcap, from the residuals and the cotangent dy.

    dx_i = dy_i (1 - y_i² / cap²)
    """
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"softcap_bwd takes dy (..., n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softcap_bwd(tuple(map(_single, residuals)), _single(dy), cap=cap)
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (dy * (1 - y**2 / cap**2),)  # (2)


class Softcap:
    """Softcap as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, cap=30.0):
        self.cap = cap
        y, self.residuals = softcap_fwd(x, cap=cap)
        return y

    def backward(self, dout):
        (dx,) = softcap_bwd(self.residuals, dout, cap=self.cap)
        return dx
