"""The square of the margin loss: smooth where the margin is met.

Made by symderive from the forward alone; to make it again:
    symderive derive squared_hinge
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


def squared_hinge(x, t):
    """Squared hinge, the value alone.

    x: (b, n)
    t: (b, n)
    """
    y, _ = squared_hinge_fwd(x, t)
    return y


def squared_hinge_fwd(x, t):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _real(t, "t")
    if x.ndim != 2 or t.ndim != 2 or t.shape[0] != x.shape[0] or t.shape[1] != x.shape[1]:
        raise ValueError(f"squared_hinge takes x (b, n), t (b, n), not x {x.shape}, t {t.shape}")
    if x.dtype != t.dtype:  # several dtypes: each gradient has that of its input
        return _widened(squared_hinge_fwd, x, t)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = squared_hinge_fwd(_single(x), _single(t))
        y = y.astype(x.dtype)
        return y, (x, t)
    y = np.mean(np.maximum(0, 1 - t * x) ** 2)  # Σ_bj maximum(0, 1 - t_bj x_bj)² / (n B)    (1)
    return y, (x, t)


def squared_hinge_bwd(residuals, dy):
    """Gradient of squared hinge, from the residuals and the cotangent dy.

    dx_bi = -2 t_bi dy maximum(0, 1 - t_bi x_bi) [1 - t_bi x_bi > 0] / (n B)
    dt_bi = -2 x_bi dy maximum(0, 1 - t_bi x_bi) [1 - t_bi x_bi > 0] / (n B)
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(squared_hinge_bwd, residuals, dy)
    x, t = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"squared_hinge_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = squared_hinge_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    max = np.maximum(0, 1 - t * x)  # (2)
    dx = np.where(1 - t * x > 0, -2 * max * t * dy / x.size, 0)  # (3)
    dt = np.where(1 - t * x > 0, -2 * max * x * dy / x.size, 0)  # (4)
    return dx, dt


class SquaredHinge:
    """Squared hinge as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t):
        y, self.residuals = squared_hinge_fwd(x, t)
        return y

    def backward(self, dout):
        return squared_hinge_bwd(self.residuals, dout)
