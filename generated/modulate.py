"""Scales and shifts features by a condition (FiLM, adaptive layer norm).

Made by symderive from the forward alone; to make it again:
    symderive derive modulate
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


def modulate(x, scale, shift):
    """Modulate, the value alone.

    x: (b, n)
    scale: (b, n)
    shift: (b, n)
    """
    y, _ = modulate_fwd(x, scale, shift)
    return y


def modulate_fwd(x, scale, shift):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    scale = _real(scale, "scale")
    shift = _real(shift, "shift")
    if (
        x.ndim != 2
        or scale.ndim != 2
        or scale.shape[0] != x.shape[0]
        or scale.shape[1] != x.shape[1]
        or shift.ndim != 2
        or shift.shape[0] != x.shape[0]
        or shift.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"modulate takes x (b, n), scale (b, n), shift (b, n), not x {x.shape}, scale "
            f"{scale.shape}, shift {shift.shape}"
        )
    if len({x.dtype, scale.dtype, shift.dtype}) > 1:
        return _widened(modulate_fwd, x, scale, shift)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = modulate_fwd(_single(x), _single(scale), _single(shift))
        y = y.astype(x.dtype)
        return y, (x, scale)
    y = x * (1 + scale) + shift  # (1)
    return y, (x, scale)


def modulate_bwd(residuals, dy):
    """Gradient of modulate, from the residuals and the cotangent dy.

    dx_bi = dy_bi (1 + scale_bi)
    dscale_bi = x_bi dy_bi
    dshift_bi = dy_bi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(modulate_bwd, residuals, dy)
    x, scale = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"modulate_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = modulate_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy * (1 + scale)  # (2)
    dscale = x * dy  # (3)
    dshift = dy.copy()  # (4)
    return dx, dscale, dshift


class Modulate:
    """Modulate as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, scale, shift):
        y, self.residuals = modulate_fwd(x, scale, shift)
        return y

    def backward(self, dout):
        return modulate_bwd(self.residuals, dout)
