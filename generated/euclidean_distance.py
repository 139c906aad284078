"""The length of the difference of two vectors.

Made by symderive from the forward alone; to make it again:
    symderive derive euclidean_distance
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


def euclidean_distance(x, z):
    """Euclidean distance, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = euclidean_distance_fwd(x, z)
    return y


def euclidean_distance_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(
            f"euclidean_distance takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(euclidean_distance_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = euclidean_distance_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z, y)
    x_minus_z = x - z  # (1)
    m = np.max(np.abs(x_minus_z), axis=-1, initial=-np.inf)  # max_j |x_minus_z_bj|    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    c = (m == 0) + m  # (4)
    z2 = x_minus_z / c[:, None]  # (5)
    sum_z2_squared = np.vecdot(z2, z2)  # Σ_j z2_bj²    (6)
    y = c * np.sqrt(sum_z2_squared)  # (7)
    return y, (x, z, y)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def euclidean_distance_bwd(residuals, dy):
    """Gradient of euclidean distance, from the residuals and the cotangent dy.

    dx_bi = dy_b [y_b > 0] (x_bi - z_bi) / y_b
    dz_bi = -dx_bi
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(euclidean_distance_bwd, residuals, dy)
    x, z, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"euclidean_distance_bwd takes dy (b) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = euclidean_distance_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    y_dy = np.divide(dy, y, out=np.zeros_like(y), where=y > 0)  # (8)
    dx = y_dy[:, None] * (x - z)  # (9)
    dz = -dx  # (10)
    return dx, dz


class EuclideanDistance:
    """Euclidean distance as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = euclidean_distance_fwd(x, z)
        return y

    def backward(self, dout):
        return euclidean_distance_bwd(self.residuals, dout)
