"""The cosine of the angle between two vectors.

Made by symderive from the forward alone; to make it again:
    symderive derive cosine_similarity
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


def cosine_similarity(x, z):
    """Cosine similarity, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = cosine_similarity_fwd(x, z)
    return y


def cosine_similarity_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(
            f"cosine_similarity takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(cosine_similarity_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, norm_x, norm_z, s3) = cosine_similarity_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z, norm_x, norm_z, s3)
    s = np.vecdot(x, x)  # Σ_j x_bj²    (1)
    norm_x = np.sqrt(s)  # (2)
    s2 = np.vecdot(z, z)  # Σ_j z_bj²    (3)
    norm_z = np.sqrt(s2)  # (4)
    s3 = np.vecdot(x, z)  # Σ_j x_bj z_bj    (5)
    y = s3 / (norm_x * norm_z)  # (6)
    return y, (x, z, norm_x, norm_z, s3)


def cosine_similarity_bwd(residuals, dy):
    """Gradient of cosine similarity, from the residuals and the cotangent dy.

    dx_bi = dy_b (z_bi - s3_b x_bi / norm_x_b²) / (norm_x_b norm_z_b)
    dz_bi = dy_b (x_bi - s3_b z_bi / norm_z_b²) / (norm_x_b norm_z_b)
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(cosine_similarity_bwd, residuals, dy)
    x, z, norm_x, norm_z, s3 = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != norm_x.shape:
        raise ValueError(f"cosine_similarity_bwd takes dy (b) = {norm_x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = cosine_similarity_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    norm_x_norm_z = 1 / (norm_x * norm_z)  # (7)
    norm_x_norm_z_dy = norm_x_norm_z * dy  # (8)
    dx = norm_x_norm_z_dy[:, None] * (z - s3[:, None] * x / norm_x[:, None] ** 2)  # (9)
    dz = norm_x_norm_z_dy[:, None] * (x - s3[:, None] * z / norm_z[:, None] ** 2)  # (10)
    return dx, dz


class CosineSimilarity:
    """Cosine similarity as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = cosine_similarity_fwd(x, z)
        return y

    def backward(self, dout):
        return cosine_similarity_bwd(self.residuals, dout)
