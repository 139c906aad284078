"""Each channel damped by the energy of all channels at its place, as in AlexNet.

Made by symderive from the forward alone; to make it again:
    symderive derive response_norm
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


def response_norm(x, alpha=0.0001, beta=0.75, axis=-1):
    """Response norm, the value alone.

    x: (..., n)
    """
    y, _ = response_norm_fwd(x, alpha=alpha, beta=beta, axis=axis)
    return y


def response_norm_fwd(x, alpha=0.0001, beta=0.75, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"response_norm takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, s, u) = response_norm_fwd(_single(x), alpha=alpha, beta=beta, axis=axis)
        y = y.astype(x.dtype)
        return y, (x, s, u)
    s = np.vecdot(x, x, axis=axis, keepdims=True)  # Σ_j x_j²    (1)
    u = (1 + alpha * s) ** beta  # (2)
    y = x / u  # (3)
    return y, (x, s, u)


def response_norm_bwd(residuals, dy, alpha=0.0001, beta=0.75, axis=-1):
    """Gradient of response norm, from the residuals and the cotangent dy.

    dx_i = (dy_i - 2 alpha beta x_i Σ_j x_j dy_j / (1 + alpha s)) / u
    """
    x, s, u = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"response_norm_bwd takes dy (..., n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = response_norm_bwd(
            tuple(map(_single, residuals)), _single(dy), alpha=alpha, beta=beta, axis=axis
        )
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(x, dy, axis=axis, keepdims=True)  # Σ_j x_j dy_j    (4)
    return ((dy - 2 * alpha * beta * inner * x / (1 + alpha * s)) / u,)  # (5)


class ResponseNorm:
    """Response norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, alpha=0.0001, beta=0.75, axis=-1):
        self.alpha = alpha
        self.beta = beta
        self.axis = axis
        y, self.residuals = response_norm_fwd(x, alpha=alpha, beta=beta, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = response_norm_bwd(
            self.residuals, dout, alpha=self.alpha, beta=self.beta, axis=self.axis
        )
        return dx
