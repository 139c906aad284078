"""Each row without its mean.

Made by symderive from the forward alone; to make it again:
    symderive derive center
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


def center(x, axis=-1):
    """Center, the value alone.

    x: (..., n)
    """
    y, _ = center_fwd(x, axis=axis)
    return y


def center_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"center takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(center_fwd, x, axis=axis)
    mu = x.mean(axis=axis, keepdims=True)  # Σ_j x_j / n    (1)
    y = x - mu  # (2)
    return y, ()


def center_bwd(residuals, dy, axis=-1):
    """Gradient of center, from the residuals and the cotangent dy.

    dx_i = dy_i - Σ_j dy_j / n
    """
    if len(residuals) > 0:  # with the dtypes of the inputs
        return _narrowed(center_bwd, residuals, dy, axis=axis)
    dy = _single(_real(dy, "dy"))
    if dy.ndim < 1:
        raise ValueError(f"center_bwd takes dy (..., n), not {dy.shape}")
    mean_dy = dy.mean(axis=axis, keepdims=True)  # Σ_j dy_j / n    (3)
    return (dy - mean_dy,)  # (4)


class Center:
    """Center as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = center_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = center_bwd(self.residuals, dout, axis=self.axis)
        return dx
