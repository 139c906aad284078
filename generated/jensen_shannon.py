"""The Jensen-Shannon divergence of two softmaxes: symmetric and bounded by log 2.

Made by symderive from the forward alone; to make it again:
    symderive derive jensen_shannon
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


def jensen_shannon(x, z):
    """Jensen shannon, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = jensen_shannon_fwd(x, z)
    return y


def jensen_shannon_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(f"jensen_shannon takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}")
    if x.dtype != z.dtype or x.dtype.itemsize < 4:
        return _widened(jensen_shannon_fwd, x, z)
    m2 = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m2[np.isinf(m2)] = 0  # where finite, else 0    (2)
    z2 = x - m2  # (3)
    e = np.exp(z2)  # (4)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (5)
    p = e / s  # (6)
    m3 = z.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j z_bj    (7)
    m3[np.isinf(m3)] = 0  # where finite, else 0    (8)
    z3 = z - m3  # (9)
    e2 = np.exp(z3)  # (10)
    s2 = e2.sum(axis=-1, keepdims=True)  # Σ_j e2_bj    (11)
    q = e2 / s2  # (12)
    combined_z2 = z2 - np.log(s)  # (13)
    combined_z3 = z3 - np.log(s2)  # (14)
    combined = float(np.log(0.5)) + np.logaddexp(combined_z2, combined_z3)  # (15)
    u = combined_z2 - combined  # (16)
    v = combined_z3 - combined  # (17)
    total = np.sum(p * u + q * v, axis=-1)  # Σ_j (p_bj u_bj + q_bj v_bj)    (18)
    y = 0.5 * total.mean()  # Σ_b total_b / (2 B)    (19)
    return y, (p, q, u, v)


def jensen_shannon_bwd(residuals, dy):
    """Gradient of jensen shannon, from the residuals and the cotangent dy.

    dx_bi = p_bi dy (u_bi - Σ_j p_bj u_bj) / (2 B)
    dz_bi = q_bi dy (v_bi - Σ_j q_bj v_bj) / (2 B)
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(jensen_shannon_bwd, residuals, dy)
    p, q, u, v = residuals
    dy = _real(dy, "dy", p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"jensen_shannon_bwd takes dy (), not {dy.shape}")
    inner = np.vecdot(p, u, keepdims=True)  # Σ_j p_bj u_bj    (20)
    dx = 0.5 * p * (u - inner) * dy / p.shape[0]  # (21)
    inner_q_v = np.vecdot(q, v, keepdims=True)  # Σ_j q_bj v_bj    (22)
    dz = 0.5 * q * (v - inner_q_v) * dy / p.shape[0]  # (23)
    return dx, dz


class JensenShannon:
    """Jensen shannon as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = jensen_shannon_fwd(x, z)
        return y

    def backward(self, dout):
        return jensen_shannon_bwd(self.residuals, dout)
