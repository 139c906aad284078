"""The logarithm of a mean of exponentials: importance-weighted bounds average this way.

Made by symderive from the forward alone; to make it again:
    symderive derive logmeanexp
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


def logmeanexp(x, axis=-1):
    """Logmeanexp, the value alone.

    x: (..., n)
    """
    y, _ = logmeanexp_fwd(x, axis=axis)
    return y


def logmeanexp_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"logmeanexp takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (e, mu) = logmeanexp_fwd(_single(x), axis=axis)
        y = y.astype(x.dtype)
        return y, (e, mu)
    m = x.max(axis=axis, initial=-np.inf)  # max_j x_j    (1)
    m = np.where(np.isinf(m), 0, m)  # where finite, else 0    (2)
    e = np.exp(x - np.expand_dims(m, axis))  # (3)
    mu = e.mean(axis=axis)  # Σ_j e_j / n    (4)
    y = m + np.log(mu)  # (5)
    return y, (e, mu)


def logmeanexp_bwd(residuals, dy, axis=-1):
    """Gradient of logmeanexp, from the residuals and the cotangent dy.

    dx_i = e_i dy / (n mu)
    """
    e, mu = residuals
    dy = _real(dy, "dy")
    if dy.shape != mu.shape:
        raise ValueError(f"logmeanexp_bwd takes dy (...) = {mu.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = logmeanexp_bwd(tuple(map(_single, residuals)), _single(dy), axis=axis)
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.astype(e.dtype, copy=False)
    return (e * np.expand_dims(dy, axis) / (e.shape[axis] * np.expand_dims(mu, axis)),)  # (6)


class Logmeanexp:
    """Logmeanexp as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = logmeanexp_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = logmeanexp_bwd(self.residuals, dout, axis=self.axis)
        return dx
