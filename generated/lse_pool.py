"""A smooth maximum whose sharpness r is learned.

Made by symderive from the forward alone; to make it again:
    symderive derive lse_pool
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


def lse_pool(x, r):
    """Lse pool, the value alone.

    x: (b, n)
    r: a number
    """
    y, _ = lse_pool_fwd(x, r)
    return y


def lse_pool_fwd(x, r):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    r = _number(r, "r", x)
    if x.ndim != 2 or r.ndim != 0:
        raise ValueError(f"lse_pool takes x (b, n), r (), not x {x.shape}, r {r.shape}")
    if x.dtype != r.dtype:  # several dtypes: each gradient has that of its input
        return _widened(lse_pool_fwd, x, r)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, e, mu, _) = lse_pool_fwd(_single(x), _single(r))
        y = y.astype(x.dtype)
        return y, (x, r, e, mu, y)
    r_x = r * x  # (1)
    m = r_x.max(axis=-1, initial=-np.inf)  # max_j r_x_bj    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    e = np.exp(r_x - m[:, None])  # (4)
    mu = e.mean(axis=-1)  # Σ_j e_bj / n    (5)
    y = (m + np.log(mu)) / r  # (6)
    return y, (x, r, e, mu, y)


def lse_pool_bwd(residuals, dy):
    """Gradient of lse pool, from the residuals and the cotangent dy.

    dx_bi = e_bi dy_b / (n mu_b)
    dr = (Σ_bj x_bj dx_bj - Σ_b y_b dy_b) / r
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(lse_pool_bwd, residuals, dy)
    x, r, e, mu, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != mu.shape:
        raise ValueError(f"lse_pool_bwd takes dy (b) = {mu.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = lse_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = e * dy[:, None] / (x.shape[-1] * mu[:, None])  # (7)
    inner = np.sum(x * dx)  # Σ_bj x_bj dx_bj    (8)
    inner_y_dy = np.vecdot(y, dy)  # Σ_b y_b dy_b    (9)
    dr = (inner - inner_y_dy) / r  # (10)
    return dx, dr


class LsePool:
    """Lse pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, r):
        y, self.residuals = lse_pool_fwd(x, r)
        return y

    def backward(self, dout):
        return lse_pool_bwd(self.residuals, dout)
