"""A weight as direction v and length g of each row, learned apart.

Made by symderive from the forward alone; to make it again:
    symderive derive weight_norm
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


def weight_norm(v, g):
    """Weight norm, the value alone.

    v: (m, n)
    g: (m,)
    """
    y, _ = weight_norm_fwd(v, g)
    return y


def weight_norm_fwd(v, g):
    """The value, and what the gradient needs: (y, residuals)."""
    v = _real(v, "v")
    g = _real(g, "g")
    if v.ndim != 2 or g.ndim != 1 or g.shape[0] != v.shape[0]:
        raise ValueError(f"weight_norm takes v (m, n), g (m), not v {v.shape}, g {g.shape}")
    if v.dtype != g.dtype:  # several dtypes: each gradient has that of its input
        return _widened(weight_norm_fwd, v, g)
    if v.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, r) = weight_norm_fwd(_single(v), _single(g))
        y = y.astype(v.dtype)
        return y, (v, g, r)
    M = np.max(np.abs(v), axis=-1, keepdims=True, initial=-np.inf)  # max_j |v_mj|    (1)
    M[np.isinf(M)] = 0  # where finite, else 0    (2)
    c = M + (M == 0)  # (3)
    z = v / c  # (4)
    sum_z_squared = np.vecdot(z, z, keepdims=True)  # Σ_j z_mj²    (5)
    r = c * np.sqrt(sum_z_squared)  # (6)
    y = g[:, None] * v / r  # (7)
    return y, (v, g, r)


def weight_norm_bwd(residuals, dy):
    """Gradient of weight norm, from the residuals and the cotangent dy.

    dv_mi = g_m (dy_mi - v_mi Σ_j v_mj dy_mj / r_m²) / r_m
    dg_m = Σ_j v_mj dy_mj / r_m
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(weight_norm_bwd, residuals, dy)
    v, g, r = residuals
    dy = _real(dy, "dy", v.dtype)
    if dy.shape != v.shape:
        raise ValueError(f"weight_norm_bwd takes dy (m, n) = {v.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = weight_norm_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(v, dy, keepdims=True)  # Σ_j v_mj dy_mj    (8)
    dv = g[:, None] * (dy - inner * v / r**2) / r  # (9)
    dg = inner[:, 0] / r[:, 0]  # (10)
    return dv, dg


class WeightNorm:
    """Weight norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, v, g):
        y, self.residuals = weight_norm_fwd(v, g)
        return y

    def backward(self, dout):
        return weight_norm_bwd(self.residuals, dout)
