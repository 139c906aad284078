"""The distance under the metric A = root rootᵀ, learned or given.

Made by symderive from the forward alone; to make it again:
    symderive derive mahalanobis_distance
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


def mahalanobis_distance(x, z, root):
    """Mahalanobis distance, the value alone.

    x: (b, n)
    z: (b, n)
    root: (n, m)
    """
    y, _ = mahalanobis_distance_fwd(x, z, root)
    return y


def mahalanobis_distance_fwd(x, z, root):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    root = _real(root, "root")
    if (
        x.ndim != 2
        or z.ndim != 2
        or z.shape[0] != x.shape[0]
        or z.shape[1] != x.shape[1]
        or root.ndim != 2
        or root.shape[0] != x.shape[1]
    ):
        raise ValueError(
            f"mahalanobis_distance takes x (b, n), z (b, n), root (n, m), not x {x.shape}, z "
            f"{z.shape}, root {root.shape}"
        )
    if len({x.dtype, z.dtype, root.dtype}) > 1:
        return _widened(mahalanobis_distance_fwd, x, z, root)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, u, _) = mahalanobis_distance_fwd(_single(x), _single(z), _single(root))
        y = y.astype(x.dtype)
        return y, (x, z, root, u, y)
    u = (x - z) @ root  # Σ_j root_jm (x_bj - z_bj)    (1)
    M = np.max(np.abs(u), axis=-1, initial=-np.inf)  # max_m |u_bm|    (2)
    M[np.isinf(M)] = 0  # where finite, else 0    (3)
    c = (M == 0) + M  # (4)
    z2 = u / c[:, None]  # (5)
    sum_z2_squared = np.vecdot(z2, z2)  # Σ_m z2_bm²    (6)
    y = c * np.sqrt(sum_z2_squared)  # (7)
    return y, (x, z, root, u, y)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def mahalanobis_distance_bwd(residuals, dy):
    """Gradient of mahalanobis distance, from the residuals and the cotangent dy.

    du_bm = u_bm dy_b [y_b > 0] / y_b
    dx_bi = Σ_m root_im du_bm
    droot_im = Σ_b du_bm (x_bi - z_bi)
    dz_bi = -dx_bi
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(mahalanobis_distance_bwd, residuals, dy)
    x, z, root, u, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"mahalanobis_distance_bwd takes dy (b) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = mahalanobis_distance_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    y_dy = np.divide(dy, y, out=np.zeros_like(y), where=y > 0)  # (8)
    du = y_dy[:, None] * u  # (9)
    dx = du @ root.T  # Σ_m root_im du_bm    (10)
    droot = (x - z).T @ du  # Σ_b du_bm (x_bi - z_bi)    (11)
    dz = -dx  # (12)
    return dx, dz, droot


class MahalanobisDistance:
    """Mahalanobis distance as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, root):
        y, self.residuals = mahalanobis_distance_fwd(x, z, root)
        return y

    def backward(self, dout):
        return mahalanobis_distance_bwd(self.residuals, dout)
