"""Each row at mean square 1, then scaled by learned weights, as in LLaMA.

Made by symderive from the forward alone; to make it again:
    symderive derive rms_norm_affine
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


def rms_norm_affine(x, weight, eps=1e-06):
    """Rms norm affine, the value alone.

    x: (b, n)
    weight: (n,)
    """
    y, _ = rms_norm_affine_fwd(x, weight, eps=eps)
    return y


def rms_norm_affine_fwd(x, weight, eps=1e-06):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    if x.ndim != 2 or weight.ndim != 1 or weight.shape[0] != x.shape[1]:
        raise ValueError(
            f"rms_norm_affine takes x (b, n), weight (n), not x {x.shape}, weight {weight.shape}"
        )
    if x.dtype != weight.dtype:  # several dtypes: each gradient has that of its input
        return _widened(rms_norm_affine_fwd, x, weight, eps=eps)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, r, _) = rms_norm_affine_fwd(_single(x), _single(weight), eps=eps)
        y = y.astype(x.dtype)
        return y, (x, weight, r, y)
    v = np.vecdot(x, x, keepdims=True) / x.shape[-1]  # Σ_j x_bj² / n    (1)
    r = 1 / np.sqrt(eps + v)  # (2)
    y = r * weight * x  # (3)
    return y, (x, weight, r, y)


def rms_norm_affine_bwd(residuals, dy):
    """Gradient of rms norm affine, from the residuals and the cotangent dy.

    dx_bi = r_b (weight_i dy_bi - r_b x_bi Σ_j y_bj dy_bj / n)
    dweight_i = Σ_b r_b x_bi dy_bi
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(rms_norm_affine_bwd, residuals, dy)
    x, weight, r, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"rms_norm_affine_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = rms_norm_affine_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    r_x = r * x  # (4)
    mean_y_dy = np.vecdot(y, dy, keepdims=True) / x.shape[-1]  # Σ_j y_bj dy_bj / n    (5)
    dx = r * (weight * dy - mean_y_dy * r_x)  # (6)
    dweight = np.sum(r_x * dy, axis=0)  # Σ_b r_x_bi dy_bi    (7)
    return dx, dweight


class RmsNormAffine:
    """Rms norm affine as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, eps=1e-06):
        y, self.residuals = rms_norm_affine_fwd(x, weight, eps=eps)
        return y

    def backward(self, dout):
        return rms_norm_affine_bwd(self.residuals, dout)
