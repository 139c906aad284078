"""Each row at mean 0 and variance 1, then scaled and shifted by learned weights.

Made by symderive from the forward alone; to make it again:
    symderive derive layer_norm_affine
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


def layer_norm_affine(x, weight, bias, eps=1e-05):
    """Layer norm affine, the value alone.

    x: (b, n)
    weight: (n,)
    bias: (n,)
    """
    y, _ = layer_norm_affine_fwd(x, weight, bias, eps=eps)
    return y


def layer_norm_affine_fwd(x, weight, bias, eps=1e-05):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    if (
        x.ndim != 2
        or weight.ndim != 1
        or weight.shape[0] != x.shape[1]
        or bias.ndim != 1
        or bias.shape[0] != x.shape[1]
    ):
        raise ValueError(
            f"layer_norm_affine takes x (b, n), weight (n), bias (n), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(layer_norm_affine_fwd, x, weight, bias, eps=eps)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, sigma, h) = layer_norm_affine_fwd(
            _single(x), _single(weight), _single(bias), eps=eps
        )
        y = y.astype(x.dtype)
        return y, (weight, sigma, h)
    mu = x.mean(axis=-1, keepdims=True)  # Σ_j x_bj / n    (1)
    u = x - mu  # (2)
    v = np.vecdot(u, u, keepdims=True) / x.shape[-1]  # Σ_j u_bj² / n    (3)
    sigma = np.sqrt(eps + v)  # (4)
    h = u / sigma  # (5)
    y = bias + weight * h  # (6)
    return y, (weight, sigma, h)


def layer_norm_affine_bwd(residuals, dy):
    """Gradient of layer norm affine, from the residuals and the cotangent dy.

    dx_bi = (weight_i dy_bi - Σ_j weight_j dy_bj / n - h_bi Σ_j weight_j h_bj dy_bj / n) / sigma_b
    dweight_i = Σ_b h_bi dy_bi
    dbias_i = Σ_b dy_bi
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(layer_norm_affine_bwd, residuals, dy)
    weight, sigma, h = residuals
    dy = _real(dy, "dy", weight.dtype)
    if dy.shape != h.shape:
        raise ValueError(f"layer_norm_affine_bwd takes dy (b, n) = {h.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = layer_norm_affine_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    weight_dy = weight * dy  # (7)
    # Σ_j h_bj weight_dy_bj / n    (8)
    mean_h_weight_dy = np.vecdot(h, weight_dy, keepdims=True) / weight.shape[0]
    mean_weight_dy = weight_dy.mean(axis=-1, keepdims=True)  # Σ_j weight_dy_bj / n    (9)
    dx = (weight_dy - mean_h_weight_dy * h - mean_weight_dy) / sigma  # (10)
    dweight = np.sum(h * dy, axis=0)  # Σ_b h_bi dy_bi    (11)
    dbias = dy.sum(axis=0)  # Σ_b dy_bi    (12)
    return dx, dweight, dbias


class LayerNormAffine:
    """Layer norm affine as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias, eps=1e-05):
        y, self.residuals = layer_norm_affine_fwd(x, weight, bias, eps=eps)
        return y

    def backward(self, dout):
        return layer_norm_affine_bwd(self.residuals, dout)
