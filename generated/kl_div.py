"""The Kullback-Leibler divergence of softmax(z) from softmax(x): distillation.

Made by symderive from the forward alone; to make it again:
    symderive derive kl_div
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


def kl_div(x, z):
    """Kl div, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = kl_div_fwd(x, z)
    return y


def kl_div_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(f"kl_div takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}")
    if x.dtype != z.dtype or x.dtype.itemsize < 4:
        return _widened(kl_div_fwd, x, z)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z2 = x - m  # (3)
    s = np.sum(np.exp(z2), axis=-1, keepdims=True)  # Σ_j exp(z2_bj)    (4)
    log_p = z2 - np.log(s)  # (5)
    m2 = z.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j z_bj    (6)
    m2[np.isinf(m2)] = 0  # where finite, else 0    (7)
    z3 = z - m2  # (8)
    e2 = np.exp(z3)  # (9)
    s2 = e2.sum(axis=-1, keepdims=True)  # Σ_j e2_bj    (10)
    log_q = z3 - np.log(s2)  # (11)
    e3 = np.exp(log_p)  # (12)
    s3 = np.vecdot(e3, log_p - log_q)  # Σ_j e3_bj (log_p_bj - log_q_bj)    (13)
    y = s3.mean()  # Σ_b s3_b / B    (14)
    return y, (log_p, e2, s2, log_q, e3, s3)


def kl_div_bwd(residuals, dy):
    """Gradient of kl div, from the residuals and the cotangent dy.

    dx_bi = e3_bi dy (log_p_bi - log_q_bi - s3_b) / B
    dz_bi = dy (e2_bi / s2_b - e3_bi) / B
    """
    if len(residuals) > 6:  # with the dtypes of the inputs
        return _narrowed(kl_div_bwd, residuals, dy)
    log_p, e2, s2, log_q, e3, s3 = residuals
    dy = _real(dy, "dy", log_p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"kl_div_bwd takes dy (), not {dy.shape}")
    dx = e3 * (log_p - log_q - s3[:, None]) * dy / log_p.shape[0]  # (15)
    dz = dy * (e2 / s2 - e3) / log_p.shape[0]  # (16)
    return dx, dz


class KlDiv:
    """Kl div as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = kl_div_fwd(x, z)
        return y

    def backward(self, dout):
        return kl_div_bwd(self.residuals, dout)
