"""The average under given weights.

Made by symderive from the forward alone; to make it again:
    symderive derive weighted_mean
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


def weighted_mean(x, weight):
    """Weighted mean, the value alone.

    x: (b, n)
    weight: (b, n)
    """
    y, _ = weighted_mean_fwd(x, weight)
    return y


def weighted_mean_fwd(x, weight):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    if (
        x.ndim != 2
        or weight.ndim != 2
        or weight.shape[0] != x.shape[0]
        or weight.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"weighted_mean takes x (b, n), weight (b, n), not x {x.shape}, weight {weight.shape}"
        )
    if x.dtype != weight.dtype:  # several dtypes: each gradient has that of its input
        return _widened(weighted_mean_fwd, x, weight)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, s2, _) = weighted_mean_fwd(_single(x), _single(weight))
        y = y.astype(x.dtype)
        return y, (x, weight, s2, y)
    s = np.vecdot(weight, x)  # Σ_j weight_bj x_bj    (1)
    s2 = weight.sum(axis=-1)  # Σ_j weight_bj    (2)
    y = s / s2  # (3)
    return y, (x, weight, s2, y)


def weighted_mean_bwd(residuals, dy):
    """Gradient of weighted mean, from the residuals and the cotangent dy.

    dx_bi = weight_bi dy_b / s2_b
    dweight_bi = dy_b (x_bi - y_b) / s2_b
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(weighted_mean_bwd, residuals, dy)
    x, weight, s2, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != s2.shape:
        raise ValueError(f"weighted_mean_bwd takes dy (b) = {s2.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = weighted_mean_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    s2_dy = dy / s2  # (4)
    dx = s2_dy[:, None] * weight  # (5)
    dweight = s2_dy[:, None] * (x - y[:, None])  # (6)
    return dx, dweight


class WeightedMean:
    """Weighted mean as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight):
        y, self.residuals = weighted_mean_fwd(x, weight)
        return y

    def backward(self, dout):
        return weighted_mean_bwd(self.residuals, dout)
