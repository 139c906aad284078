"""The mean squared error: the likelihood of a normal distribution.

Made by symderive from the forward alone; to make it again:
    symderive derive mse
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


def mse(x, target):
    """Mse, the value alone.

    x: (b, n)
    target: (b, n)
    """
    y, _ = mse_fwd(x, target)
    return y


def mse_fwd(x, target):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"mse takes x (b, n), target (b, n), not x {x.shape}, target {target.shape}"
        )
    if x.dtype != target.dtype:  # several dtypes: each gradient has that of its input
        return _widened(mse_fwd, x, target)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = mse_fwd(_single(x), _single(target))
        y = y.astype(x.dtype)
        return y, (x, target)
    y = np.mean((x - target) ** 2)  # Σ_bj (x_bj - target_bj)² / (n B)    (1)
    return y, (x, target)


def mse_bwd(residuals, dy):
    """Gradient of mse, from the residuals and the cotangent dy.

    dx_bi = 2 dy (x_bi - target_bi) / (n B)
    dtarget_bi = -dx_bi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(mse_bwd, residuals, dy)
    x, target = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"mse_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = mse_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = 2 * dy * (x - target) / x.size  # (2)
    dtarget = -dx  # (3)
    return dx, dtarget


class Mse:
    """Mse as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target):
        y, self.residuals = mse_fwd(x, target)
        return y

    def backward(self, dout):
        return mse_bwd(self.residuals, dout)
