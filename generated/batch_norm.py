"""Each column at mean 0 and variance 1 over the batch, then scaled and shifted.

Made by symderive from the forward alone; to make it again:
    symderive derive batch_norm
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


def batch_norm(x, weight, bias, eps=1e-05):
    """Batch norm, the value alone.

    x: (b, n)
    weight: (n,)
    bias: (n,)
    """
    y, _ = batch_norm_fwd(x, weight, bias, eps=eps)
    return y


def batch_norm_fwd(x, weight, bias, eps=1e-05):
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
            f"batch_norm takes x (b, n), weight (n), bias (n), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(batch_norm_fwd, x, weight, bias, eps=eps)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, mu, sigma) = batch_norm_fwd(_single(x), _single(weight), _single(bias), eps=eps)
        y = y.astype(x.dtype)
        return y, (x, weight, mu, sigma)
    mu = x.mean(axis=0)  # Σ_b x_bi / B    (1)
    u = x - mu  # (2)
    v = np.mean(u**2, axis=0)  # Σ_b u_bi² / B    (3)
    sigma = np.sqrt(eps + v)  # (4)
    h = u / sigma  # (5)
    y = bias + weight * h  # (6)
    return y, (x, weight, mu, sigma)


def batch_norm_bwd(residuals, dy):
    """Gradient of batch norm, from the residuals and the cotangent dy.

    dx_bi = weight_i (dy_bi - Σ_b' dy_b'i / B - u_bi Σ_b' u_b'i dy_b'i / (B sigma_i²)) / sigma_i
    dweight_i = Σ_b u_bi dy_bi / sigma_i
    dbias_i = Σ_b dy_bi
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(batch_norm_bwd, residuals, dy)
    x, weight, mu, sigma = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"batch_norm_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = batch_norm_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    u = x - mu  # (2)
    mean_dy = dy.mean(axis=0)  # Σ_b dy_bi / B    (7)
    inner = np.sum(u * dy, axis=0)  # Σ_b u_bi dy_bi    (8)
    mean_u_dy = inner / x.shape[0]  # (9)
    dx = weight * (dy - mean_dy - mean_u_dy * u / sigma**2) / sigma  # (10)
    dweight = inner / sigma  # (11)
    dbias = dy.sum(axis=0)  # Σ_b dy_bi    (12)
    return dx, dweight, dbias


class BatchNorm:
    """Batch norm as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias, eps=1e-05):
        y, self.residuals = batch_norm_fwd(x, weight, bias, eps=eps)
        return y

    def backward(self, dout):
        return batch_norm_bwd(self.residuals, dout)
