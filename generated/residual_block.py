"""A layer that learns a change to its input instead of a new one.

Made by symderive from the forward alone; to make it again:
    symderive derive residual_block
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


def residual_block(x, weight, bias):
    """Residual block, the value alone.

    x: (b, n)
    weight: (n, n)
    bias: (n,)
    """
    y, _ = residual_block_fwd(x, weight, bias)
    return y


def residual_block_fwd(x, weight, bias):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    if (
        x.ndim != 2
        or weight.ndim != 2
        or weight.shape[0] != x.shape[1]
        or weight.shape[1] != x.shape[1]
        or bias.ndim != 1
        or bias.shape[0] != x.shape[1]
    ):
        raise ValueError(
            f"residual_block takes x (b, n), weight (n, n), bias (n), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(residual_block_fwd, x, weight, bias)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, a) = residual_block_fwd(_single(x), _single(weight), _single(bias))
        y = y.astype(x.dtype)
        return y, (x, weight, bias, a)
    a = x @ weight.T  # Σ_j weight_ij x_bj    (1)
    y = np.maximum(a + bias, 0) + x  # (2)
    return y, (x, weight, bias, a)


def residual_block_bwd(residuals, dy):
    """Gradient of residual block, from the residuals and the cotangent dy.

    da_bi = dy_bi [a_bi + bias_i > 0]
    dx_bi = dy_bi + Σ_j weight_ji da_bj
    dweight_ij = Σ_b x_bj da_bi
    dbias_i = Σ_b da_bi
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(residual_block_bwd, residuals, dy)
    x, weight, bias, a = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"residual_block_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = residual_block_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    da = np.where(a + bias > 0, dy, 0)  # (3)
    dx = dy + da @ weight  # dy_bi + Σ_j weight_ji da_bj    (4)
    dweight = da.T @ x  # Σ_b x_bj da_bi    (5)
    dbias = da.sum(axis=0)  # Σ_b da_bi    (6)
    return dx, dweight, dbias


class ResidualBlock:
    """Residual block as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias):
        y, self.residuals = residual_block_fwd(x, weight, bias)
        return y

    def backward(self, dout):
        return residual_block_bwd(self.residuals, dout)
