"""Each group of channels at mean 0 and variance 1 over all its places, then an affine map.

Made by symderive from the forward alone; to make it again:
    symderive derive group_norm
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


def group_norm(x, weight, bias, eps=1e-05):
    """Group norm, the value alone.

    x: (b, g, c, s)
    weight: (g, c)
    bias: (g, c)
    """
    y, _ = group_norm_fwd(x, weight, bias, eps=eps)
    return y


def group_norm_fwd(x, weight, bias, eps=1e-05):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    if (
        x.ndim != 4
        or weight.ndim != 2
        or weight.shape[0] != x.shape[1]
        or weight.shape[1] != x.shape[2]
        or bias.ndim != 2
        or bias.shape[0] != x.shape[1]
        or bias.shape[1] != x.shape[2]
    ):
        raise ValueError(
            f"group_norm takes x (b, g, c, s), weight (g, c), bias (g, c), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(group_norm_fwd, x, weight, bias, eps=eps)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, mu, sigma) = group_norm_fwd(_single(x), _single(weight), _single(bias), eps=eps)
        y = y.astype(x.dtype)
        return y, (x, weight, mu, sigma)
    mu = x.mean(axis=(-2, -1), keepdims=True)  # Σ_cs x_bgcs / (S C)    (1)
    u = x - mu  # (2)
    v = np.mean(u**2, axis=(-2, -1), keepdims=True)  # Σ_cs u_bgcs² / (S C)    (3)
    sigma = np.sqrt(eps + v)  # (4)
    h = u / sigma  # (5)
    y = bias[:, :, None] + weight[:, :, None] * h  # (6)
    return y, (x, weight, mu, sigma)


def group_norm_bwd(residuals, dy):
    """Gradient of group norm, from the residuals and the cotangent dy.

    dx_bgcs = (weight_gc dy_bgcs - Σ_c' weight_gc' Σ_s' dy_bgc's' / (S C) - u_bgcs Σ_c' weight_gc'
        Σ_s' u_bgc's' dy_bgc's' / (S C sigma_bg²)) / sigma_bg
    dweight_gc = Σ_b Σ_s u_bgcs dy_bgcs / sigma_bg
    dbias_gc = Σ_bs dy_bgcs
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(group_norm_bwd, residuals, dy)
    x, weight, mu, sigma = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"group_norm_bwd takes dy (b, g, c, s) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = group_norm_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    u = x - mu  # (2)
    inner = np.vecdot(u, dy)  # Σ_s u_bgcs dy_bgcs    (7)
    sum_dy = dy.sum(axis=-1)  # Σ_s dy_bgcs    (8)
    mean_weight_inner = np.vecdot(weight, inner) / x.shape[-2]  # Σ_c weight_gc inner_bgc / C    (9)
    # Σ_c weight_gc sum_dy_bgc / C    (10)
    mean_weight_sum_dy = np.vecdot(weight, sum_dy) / x.shape[-2]
    # (11)
    dx = (
        weight[:, :, None] * dy
        - mean_weight_inner[:, :, None, None] * u / (x.shape[-1] * sigma**2)
        - mean_weight_sum_dy[:, :, None, None] / x.shape[-1]
    ) / sigma
    dweight = np.sum(inner / sigma[:, :, :, 0], axis=0)  # Σ_b inner_bgc / sigma_bg    (12)
    dbias = dy.sum(axis=(-4, -1))  # Σ_bs dy_bgcs    (13)
    return dx, dweight, dbias


class GroupNorm:
    """Group norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias, eps=1e-05):
        y, self.residuals = group_norm_fwd(x, weight, bias, eps=eps)
        return y

    def backward(self, dout):
        return group_norm_bwd(self.residuals, dout)
