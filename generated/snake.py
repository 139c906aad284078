"""x + sin²(a x)/a with a learned frequency: extrapolates periodic signals.

Made by symderive from the forward alone; to make it again:
    symderive derive snake
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


def snake(x, a):
    """Snake, the value alone.

    x: (b, n)
    a: (n,)
    """
    y, _ = snake_fwd(x, a)
    return y


def snake_fwd(x, a):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    a = _real(a, "a")
    if x.ndim != 2 or a.ndim != 1 or a.shape[0] != x.shape[1]:
        raise ValueError(f"snake takes x (b, n), a (n), not x {x.shape}, a {a.shape}")
    if x.dtype != a.dtype:  # several dtypes: each gradient has that of its input
        return _widened(snake_fwd, x, a)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, u) = snake_fwd(_single(x), _single(a))
        y = y.astype(x.dtype)
        return y, (x, a, u)
    u = np.sin(a * x)  # (1)
    y = u**2 / a + x  # (2)
    return y, (x, a, u)


def snake_bwd(residuals, dy):
    """Gradient of snake, from the residuals and the cotangent dy.

    dx_bi = dy_bi (1 + 2 u_bi cos(a_i x_bi))
    da_i = (2 Σ_b u_bi x_bi dy_bi cos(a_i x_bi) - Σ_b u_bi² dy_bi / a_i) / a_i
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(snake_bwd, residuals, dy)
    x, a, u = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"snake_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = snake_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    cos_a_x = np.cos(a * x)  # (3)
    cos_a_x_u = cos_a_x * u  # (4)
    dx = dy * (1 + 2 * cos_a_x_u)  # (5)
    sum_cos_a_x_u_x_dy = np.sum(cos_a_x_u * x * dy, axis=0)  # Σ_b cos_a_x_u_bi x_bi dy_bi    (6)
    inner = np.sum(u**2 * dy, axis=0)  # Σ_b u_bi² dy_bi    (7)
    da = (2 * sum_cos_a_x_u_x_dy - inner / a) / a  # (8)
    return dx, da


class Snake:
    """Snake as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, a):
        y, self.residuals = snake_fwd(x, a)
        return y

    def backward(self, dout):
        return snake_bwd(self.residuals, dout)
