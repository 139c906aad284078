"""The cosine of two centred vectors.

Made by symderive from the forward alone; to make it again:
    symderive derive pearson_correlation
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


def pearson_correlation(x, z):
    """Pearson correlation, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = pearson_correlation_fwd(x, z)
    return y


def pearson_correlation_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(
            f"pearson_correlation takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(pearson_correlation_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, mu, mu2, s2, s3, _) = pearson_correlation_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z, mu, mu2, s2, s3, y)
    mu = x.mean(axis=-1, keepdims=True)  # Σ_j x_bj / n    (1)
    u = x - mu  # (2)
    mu2 = z.mean(axis=-1, keepdims=True)  # Σ_j z_bj / n    (3)
    v = z - mu2  # (4)
    s = np.vecdot(u, v)  # Σ_j u_bj v_bj    (5)
    s2 = np.vecdot(u, u)  # Σ_j u_bj²    (6)
    s3 = np.vecdot(v, v)  # Σ_j v_bj²    (7)
    y = s / np.sqrt(s2 * s3)  # (8)
    return y, (x, z, mu, mu2, s2, s3, y)


def pearson_correlation_bwd(residuals, dy):
    """Gradient of pearson correlation, from the residuals and the cotangent dy.

    dx_bi = dy_b (v_bi - s3_b y_b u_bi / r_b) / r_b
    dz_bi = dy_b (u_bi - s2_b y_b v_bi / r_b) / r_b
    """
    if len(residuals) > 7:  # with the dtypes of the inputs
        return _narrowed(pearson_correlation_bwd, residuals, dy)
    x, z, mu, mu2, s2, s3, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != s2.shape:
        raise ValueError(f"pearson_correlation_bwd takes dy (b) = {s2.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = pearson_correlation_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    u = x - mu  # (2)
    v = z - mu2  # (4)
    r = np.sqrt(s2 * s3)  # (9)
    r_dy = dy / r  # (10)
    r_y = y / r  # (11)
    dx = r_dy[:, None] * (v - r_y[:, None] * s3[:, None] * u)  # (12)
    dz = r_dy[:, None] * (u - r_y[:, None] * s2[:, None] * v)  # (13)
    return dx, dz


class PearsonCorrelation:
    """Pearson correlation as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = pearson_correlation_fwd(x, z)
        return y

    def backward(self, dout):
        return pearson_correlation_bwd(self.residuals, dout)
