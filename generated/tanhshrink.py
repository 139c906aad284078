"""x - tanh x: shrinks small values, keeps large ones.

Made by symderive from the forward alone; to make it again:
    symderive derive tanhshrink
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


def tanhshrink(x):
    """Tanhshrink, the value alone.

    x: (..., n)
    """
    y, _ = tanhshrink_fwd(x)
    return y


def tanhshrink_fwd(x):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"tanhshrink takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(tanhshrink_fwd, x)
    t = np.tanh(x)  # (1)
    y = x - t  # (2)
    return y, (t,)


def tanhshrink_bwd(residuals, dy):
    """Gradient of tanhshrink, from the residuals and the cotangent dy.

    dx_i = t_i² dy_i
    """
    if len(residuals) > 1:  # with the dtypes of the inputs
        return _narrowed(tanhshrink_bwd, residuals, dy)
    (t,) = residuals
    dy = _real(dy, "dy", t.dtype)
    if dy.shape != t.shape:
        raise ValueError(f"tanhshrink_bwd takes dy (..., n) = {t.shape}, not {dy.shape}")
    return (t**2 * dy,)  # (3)


class Tanhshrink:
    """Tanhshrink as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x):
        y, self.residuals = tanhshrink_fwd(x)
        return y

    def backward(self, dout):
        (dx,) = tanhshrink_bwd(self.residuals, dout)
        return dx
