"""A smooth maximum, and the normaliser of softmax.

Made by symderive from the forward alone; to make it again:
    symderive derive logsumexp
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


def logsumexp(x, axis=-1):
    """Logsumexp, the value alone.

    x: (..., n)
    """
    y, _ = logsumexp_fwd(x, axis=axis)
    return y


def logsumexp_fwd(x, axis=-1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim < 1:
        raise ValueError(f"logsumexp takes x (..., n), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(logsumexp_fwd, x, axis=axis)
    m = x.max(axis=axis, initial=-np.inf)  # max_j x_j    (1)
    m = np.where(np.isinf(m), 0, m)  # where finite, else 0    (2)
    e = np.exp(x - np.expand_dims(m, axis))  # (3)
    s = e.sum(axis=axis)  # Σ_j e_j    (4)
    y = m + np.log(s)  # (5)
    return y, (e, s)


def logsumexp_bwd(residuals, dy, axis=-1):
    """Gradient of logsumexp, from the residuals and the cotangent dy.

    dx_i = e_i dy / s
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(logsumexp_bwd, residuals, dy, axis=axis)
    e, s = residuals
    dy = _real(dy, "dy", e.dtype)
    if dy.shape != s.shape:
        raise ValueError(f"logsumexp_bwd takes dy (...) = {s.shape}, not {dy.shape}")
    return (e * np.expand_dims(dy, axis) / np.expand_dims(s, axis),)  # (6)


class Logsumexp:
    """Logsumexp as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, axis=-1):
        self.axis = axis
        y, self.residuals = logsumexp_fwd(x, axis=axis)
        return y

    def backward(self, dout):
        (dx,) = logsumexp_bwd(self.residuals, dout, axis=self.axis)
        return dx
