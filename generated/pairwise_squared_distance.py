"""The squared distance of every pair from two sets.

Made by symderive from the forward alone; to make it again:
    symderive derive pairwise_squared_distance
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


def pairwise_squared_distance(x, z):
    """Pairwise squared distance, the value alone.

    x: (m, d)
    z: (n, d)
    """
    y, _ = pairwise_squared_distance_fwd(x, z)
    return y


def pairwise_squared_distance_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[1] != x.shape[1]:
        raise ValueError(
            f"pairwise_squared_distance takes x (m, d), z (n, d), not x {x.shape}, z {z.shape}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(pairwise_squared_distance_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = pairwise_squared_distance_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z)
    y = np.sum((x[:, :, None] - z.T) ** 2, axis=1)  # Σ_d (x_md - z_id)²    (1)
    return y, (x, z)


def pairwise_squared_distance_bwd(residuals, dy):
    """Gradient of pairwise squared distance, from the residuals and the cotangent dy.

    mean_d = [∞ > |Σ_m x_md / M|] Σ_m x_md / M
    x_c_md = x_md - mean_d
    z_c_id = z_id - mean_d
    dx_md = 2 x_c_md Σ_j dy_mj - 2 Σ_j z_c_jd dy_mj
    dz_id = 2 z_c_id Σ_m dy_mi - 2 Σ_m x_c_md dy_mi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(pairwise_squared_distance_bwd, residuals, dy)
    x, z = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != z.shape[0]:
        raise ValueError(f"pairwise_squared_distance_bwd takes dy (m, n), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = pairwise_squared_distance_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    mean_x = x.mean(axis=0)  # Σ_m x_md / M    (2)
    mean = np.where(np.abs(mean_x) < np.inf, mean_x, 0)  # (3)
    x_c = x - mean  # (4)
    z_c = z - mean  # (5)
    sum_dy = dy.sum(axis=-1)  # Σ_j dy_mj    (6)
    dx = 2 * sum_dy[:, None] * x_c - 2 * (dy @ z_c)  # 2 sum_dy_m x_c_md - 2 Σ_j z_c_jd dy_mj    (7)
    sum_dy_2 = dy.sum(axis=0)  # Σ_m dy_mi    (8)
    # 2 sum_dy_2_i z_c_id - 2 Σ_m x_c_md dy_mi    (9)
    dz = 2 * sum_dy_2[:, None] * z_c - 2 * (dy.T @ x_c)
    return dx, dz


class PairwiseSquaredDistance:
    """Pairwise squared distance as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = pairwise_squared_distance_fwd(x, z)
        return y

    def backward(self, dout):
        return pairwise_squared_distance_bwd(self.residuals, dout)
