"""Softmax at a learned temperature T, with its gradient: distillation and calibration.

Made by symderive from the forward alone; to make it again:
    symderive derive softmax_temperature
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


def _number(value, name, *others):
    """What may be one real number; a number of Python has the dtype of the others."""
    weak = (int, float)
    if type(value) not in weak:
        return _real(value, name)
    dtypes = [_real(other, name).dtype for other in others if type(other) not in weak]
    return _real(value, name, np.result_type(*dtypes) if dtypes else None)


def _single(array):
    """Half precision as float32; any other array as it is."""
    half = array.dtype.itemsize < 4 and array.dtype.kind not in "iu"
    return array.astype(np.float32) if half else array


def _widened(forward, *inputs, **options):
    """The forward in the widest of the inputs' dtypes, half precision in float32; the residuals
    end with these dtypes."""
    dtypes = tuple(a.dtype for a in inputs if a.dtype.kind not in "iu")
    dtype = np.result_type(*dtypes)
    wide = dtype if dtype.itemsize >= 4 else np.float32
    arrays = [a if a.dtype.kind in "iu" else a.astype(wide, copy=False) for a in inputs]
    y, residuals = forward(*arrays, **options)
    return y.astype(dtype, copy=False), (*residuals, dtypes)


def _narrowed(backward, residuals, cotangent, **options):
    """Each gradient in the dtype of its input, which the last of the residuals tells."""
    *residuals, dtypes = residuals
    gradients = backward(tuple(residuals), cotangent, **options)
    return tuple(g.astype(dtype, copy=False) for g, dtype in zip(gradients, dtypes, strict=True))


def softmax_temperature(x, T):
    """Softmax temperature, the value alone.

    x: (b, n)
    T: a number
    """
    y, _ = softmax_temperature_fwd(x, T)
    return y


def softmax_temperature_fwd(x, T):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    T = _number(T, "T", x)
    if x.ndim != 2 or T.ndim != 0:
        raise ValueError(f"softmax_temperature takes x (b, n), T (), not x {x.shape}, T {T.shape}")
    if x.dtype != T.dtype:  # several dtypes: each gradient has that of its input
        return _widened(softmax_temperature_fwd, x, T)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = softmax_temperature_fwd(_single(x), _single(T))
        y = y.astype(x.dtype)
        return y, (x, T, y)
    T_x = x / T  # (1)
    m = T_x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j T_x_bj    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    e = np.exp(T_x - m)  # (4)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (5)
    y = e / s  # (6)
    return y, (x, T, y)


def softmax_temperature_bwd(residuals, dy):
    """Gradient of softmax temperature, from the residuals and the cotangent dy.

    dx_bi = y_bi (dy_bi - Σ_j y_bj dy_bj) / T
    dT = -Σ_bj x_bj dx_bj / T
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(softmax_temperature_bwd, residuals, dy)
    x, T, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"softmax_temperature_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = softmax_temperature_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, keepdims=True)  # Σ_j y_bj dy_bj    (7)
    dx = y * (dy - inner) / T  # (8)
    inner_x_dx = np.sum(x * dx)  # Σ_bj x_bj dx_bj    (9)
    dT = -inner_x_dx / T  # (10)
    return dx, dT


class SoftmaxTemperature:
    """Softmax temperature as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, T):
        y, self.residuals = softmax_temperature_fwd(x, T)
        return y

    def backward(self, dout):
        return softmax_temperature_bwd(self.residuals, dout)
