"""The sum of absolute differences.

Made by symderive from the forward alone; to make it again:
    symderive derive manhattan_distance
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


def manhattan_distance(x, z):
    """Manhattan distance, the value alone.

    x: (b, n)
    z: (b, n)
    """
    y, _ = manhattan_distance_fwd(x, z)
    return y


def manhattan_distance_fwd(x, z):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[0] != x.shape[0] or z.shape[1] != x.shape[1]:
        raise ValueError(
            f"manhattan_distance takes x (b, n), z (b, n), not x {x.shape}, z {z.shape}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(manhattan_distance_fwd, x, z)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = manhattan_distance_fwd(_single(x), _single(z))
        y = y.astype(x.dtype)
        return y, (x, z)
    y = np.sum(np.abs(x - z), axis=-1)  # Σ_j |x_bj - z_bj|    (1)
    return y, (x, z)


def manhattan_distance_bwd(residuals, dy):
    """Gradient of manhattan distance, from the residuals and the cotangent dy.

    dx_bi = dy_b sign(x_bi - z_bi)
    dz_bi = -dx_bi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(manhattan_distance_bwd, residuals, dy)
    x, z = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 1 or dy.shape[0] != x.shape[0]:
        raise ValueError(f"manhattan_distance_bwd takes dy (b), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = manhattan_distance_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy[:, None] * np.sign(x - z)  # (2)
    dz = -dx  # (3)
    return dx, dz


class ManhattanDistance:
    """Manhattan distance as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z):
        y, self.residuals = manhattan_distance_fwd(x, z)
        return y

    def backward(self, dout):
        return manhattan_distance_bwd(self.residuals, dout)
