"""The cross entropy of softmax against target distributions.

Made by symderive from the forward alone; to make it again:
    symderive derive cross_entropy_soft
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


def cross_entropy_soft(x, t):
    """Cross entropy soft, the value alone.

    x: (b, n)
    t: (b, n)
    """
    y, _ = cross_entropy_soft_fwd(x, t)
    return y


def cross_entropy_soft_fwd(x, t):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _real(t, "t")
    if x.ndim != 2 or t.ndim != 2 or t.shape[0] != x.shape[0] or t.shape[1] != x.shape[1]:
        raise ValueError(
            f"cross_entropy_soft takes x (b, n), t (b, n), not x {x.shape}, t {t.shape}"
        )
    if x.dtype != t.dtype:  # several dtypes: each gradient has that of its input
        return _widened(cross_entropy_soft_fwd, x, t)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, e, s, u) = cross_entropy_soft_fwd(_single(x), _single(t))
        y = y.astype(x.dtype)
        return y, (t, e, s, u)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (5)
    u = z - np.log(s)  # (6)
    inner = np.vecdot(t, u)  # Σ_j t_bj u_bj    (7)
    y = -inner.mean()  # -Σ_b inner_b / B    (8)
    return y, (t, e, s, u)


def cross_entropy_soft_bwd(residuals, dy):
    """Gradient of cross entropy soft, from the residuals and the cotangent dy.

    dx_bi = dy (e_bi / s_b - t_bi) / B
    dt_bi = -u_bi dy / B
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(cross_entropy_soft_bwd, residuals, dy)
    t, e, s, u = residuals
    dy = _real(dy, "dy", t.dtype)
    if dy.ndim != 0:
        raise ValueError(f"cross_entropy_soft_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = cross_entropy_soft_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy * (e / s - t) / t.shape[0]  # (9)
    dt = -u * dy / t.shape[0]  # (10)
    return dx, dt


class CrossEntropySoft:
    """Cross entropy soft as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t):
        y, self.residuals = cross_entropy_soft_fwd(x, t)
        return y

    def backward(self, dout):
        return cross_entropy_soft_bwd(self.residuals, dout)
