"""The running total along an axis.

Made by symderive from the forward alone; to make it again:
    symderive derive cumsum
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


def _cumsum(array, axis):
    """Running sums. In float32 each would carry the rounding of all before it, so they add up in
    float64."""
    return np.cumsum(array, axis=axis, dtype=np.float64).astype(array.dtype, copy=False)


def cumsum(x):
    """Cumsum, the value alone.

    x: (..., n)
    """
    y, _ = cumsum_fwd(x)
    return y


def cumsum_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"cumsum takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(cumsum_fwd, x)
    y = _cumsum(x, -1)  # Σ_j x_j [i ≥ j]    (1)
    return y, ()


def cumsum_bwd(residuals, dy):
    """Gradient of cumsum, from the residuals and the cotangent dy.

    dx_i = Σ_j dy_j [j ≥ i]
    """
    if len(residuals) > 0:  # with the dtypes of the inputs
        return _narrowed(cumsum_bwd, residuals, dy)
    dy = _single(_real(dy, "dy"))
    if dy.ndim < 1:
        raise ValueError(f"cumsum_bwd takes dy (..., n), not {dy.shape}")
    return (np.flip(_cumsum(np.flip(dy, -1), -1), -1),)  # Σ_j dy_j [j ≥ i]    (2)


class Cumsum:
    """Cumsum as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = cumsum_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = cumsum_bwd(self.residuals, dout)
        return dx
