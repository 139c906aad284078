"""sin(ω x): activation of SIREN, whose derivatives are of its own kind.

Made by symderive from the forward alone; to make it again:
    symderive derive sine
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


def sine(x, omega=30.0):
    """Sine, the value alone.

    x: (..., n)
    """
    y, _ = sine_fwd(x, omega=omega)
    return y


def sine_fwd(x, omega=30.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"sine takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = sine_fwd(_single(x), omega=omega)
        y = y.astype(x.dtype)
        return y, (x,)
    y = np.sin(omega * x)  # (1)
    return y, (x,)


def sine_bwd(residuals, dy, omega=30.0):
    """Gradient of sine, from the residuals and the cotangent dy.

    dx_i = omega dy_i cos(omega x_i)
    """
    (x,) = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"sine_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = sine_bwd(tuple(map(_single, residuals)), _single(dy), omega=omega)
        return tuple(g.astype(dy.dtype) for g in gradients)
    return (omega * dy * np.cos(omega * x),)  # (2)


class Sine:
    """Sine as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, omega=30.0):
        self.omega = omega
        y, self.residuals = sine_fwd(x, omega=omega)
        return y

    def backward(self, dout):
        (dx,) = sine_bwd(self.residuals, dout, omega=self.omega)
        return dx
