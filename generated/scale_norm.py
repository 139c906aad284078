"""Each row at one learned length g.

Made by symderive from the forward alone; to make it again:
    symderive derive scale_norm
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


def scale_norm(x, g):
    """Scale norm, the value alone.

    x: (b, n)
    g: a number
    """
    y, _ = scale_norm_fwd(x, g)
    return y


def scale_norm_fwd(x, g):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    g = _number(g, "g", x)
    if x.ndim != 2 or g.ndim != 0:
        raise ValueError(f"scale_norm takes x (b, n), g (), not x {x.shape}, g {g.shape}")
    if x.dtype != g.dtype:  # several dtypes: each gradient has that of its input
        return _widened(scale_norm_fwd, x, g)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, r) = scale_norm_fwd(_single(x), _single(g))
        y = y.astype(x.dtype)
        return y, (x, g, r)
    m = np.max(np.abs(x), axis=-1, keepdims=True, initial=-np.inf)  # max_j |x_bj|    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    c = (m == 0) + m  # (3)
    z = x / c  # (4)
    sum_z_squared = np.vecdot(z, z, keepdims=True)  # Σ_j z_bj²    (5)
    r = c * np.sqrt(sum_z_squared)  # (6)
    y = g * x / r  # (7)
    return y, (x, g, r)


def scale_norm_bwd(residuals, dy):
    """Gradient of scale norm, from the residuals and the cotangent dy.

    dx_bi = g (dy_bi - x_bi Σ_j x_bj dy_bj / r_b²) / r_b
    dg = Σ_b Σ_j x_bj dy_bj / r_b
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(scale_norm_bwd, residuals, dy)
    x, g, r = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"scale_norm_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = scale_norm_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(x, dy, keepdims=True)  # Σ_j x_bj dy_bj    (8)
    dx = g * (dy - inner * x / r**2) / r  # (9)
    dg = np.sum(inner / r)  # Σ_b inner_b / r_b    (10)
    return dx, dg


class ScaleNorm:
    """Scale norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, g):
        y, self.residuals = scale_norm_fwd(x, g)
        return y

    def backward(self, dout):
        return scale_norm_bwd(self.residuals, dout)
