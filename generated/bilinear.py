"""One score for a pair of vectors: xᵀ W z.

Made by symderive from the forward alone; to make it again:
    symderive derive bilinear
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


def bilinear(x, z, weight):
    """Bilinear, the value alone.

    x: (b, n)
    z: (b, m)
    weight: (n, m)
    """
    y, _ = bilinear_fwd(x, z, weight)
    return y


def bilinear_fwd(x, z, weight):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    weight = _real(weight, "weight")
    if (
        x.ndim != 2
        or z.ndim != 2
        or z.shape[0] != x.shape[0]
        or weight.ndim != 2
        or weight.shape[0] != x.shape[1]
        or weight.shape[1] != z.shape[1]
    ):
        raise ValueError(
            f"bilinear takes x (b, n), z (b, m), weight (n, m), not x {x.shape}, z {z.shape}, "
            f"weight {weight.shape}"
        )
    if len({x.dtype, z.dtype, weight.dtype}) > 1:
        return _widened(bilinear_fwd, x, z, weight)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, a) = bilinear_fwd(_single(x), _single(z), _single(weight))
        y = y.astype(x.dtype)
        return y, (x, z, weight, a)
    a = x @ weight  # Σ_j weight_jm x_bj    (1)
    y = np.vecdot(a, z)  # Σ_m a_bm z_bm    (2)
    return y, (x, z, weight, a)


def bilinear_bwd(residuals, dy):
    """Gradient of bilinear, from the residuals and the cotangent dy.

    da_bm = z_bm dy_b
    dx_bi = Σ_m weight_im da_bm
    dz_bm = a_bm dy_b
    dweight_im = Σ_b x_bi da_bm
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(bilinear_bwd, residuals, dy)
    x, z, weight, a = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 1 or dy.shape[0] != x.shape[0]:
        raise ValueError(f"bilinear_bwd takes dy (b), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = bilinear_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    da = z * dy[:, None]  # (3)
    dx = da @ weight.T  # Σ_m weight_im da_bm    (4)
    dz = a * dy[:, None]  # (5)
    dweight = x.T @ da  # Σ_b x_bi da_bm    (6)
    return dx, dz, dweight


class Bilinear:
    """Bilinear as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, weight):
        y, self.residuals = bilinear_fwd(x, z, weight)
        return y

    def backward(self, dout):
        return bilinear_bwd(self.residuals, dout)
