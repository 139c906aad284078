"""Every product of an element of one vector with an element of another.

Made by symderive from the forward alone; to make it again:
    symderive derive outer
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


def outer(x, z):
    """Outer, the value alone.

    x: (m,)
    z: (n,)
    """
    y, _ = outer_fwd(x, z)
    return y


def outer_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 1 or z.ndim != 1:
        raise ValueError(f"outer takes x (m), z (n), not x {x.shape}, z {z.shape}")
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(outer_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = outer_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z)
    y = x[:, None] * z  # (1)
    return y, (x, z)


def outer_bwd(residuals, dy):
    """Gradient of outer, from the residuals and the cotangent dy.

    dx_m = Σ_j z_j dy_mj
    dz_i = Σ_m x_m dy_mi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(outer_bwd, residuals, dy)
    x, z = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != z.shape[0]:
        raise ValueError(f"outer_bwd takes dy (m, n), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = outer_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = np.vecdot(z, dy)  # Σ_j z_j dy_mj    (2)
    dz = x @ dy  # Σ_m x_m dy_mi    (3)
    return dx, dz


class Outer:
    """Outer as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = outer_fwd(x, z)
        return y

    def backward(self, dout):
        return outer_bwd(self.residuals, dout)
