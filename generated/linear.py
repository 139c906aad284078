"""The affine layer: every output is a weighted sum of every input.

Made by symderive from the forward alone; to make it again:
    symderive derive linear
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


def linear(x, weight, bias):
    """Linear, the value alone.

    x: (b, n)
    weight: (m, n)
    bias: (m,)
    """
    y, _ = linear_fwd(x, weight, bias)
    return y


def linear_fwd(x, weight, bias):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    if (
        x.ndim != 2
        or weight.ndim != 2
        or weight.shape[1] != x.shape[1]
        or bias.ndim != 1
        or bias.shape[0] != weight.shape[0]
    ):
        raise ValueError(
            f"linear takes x (b, n), weight (m, n), bias (m), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(linear_fwd, x, weight, bias)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = linear_fwd(_single(x), _single(weight), _single(bias))
        y = y.astype(x.dtype)
        return y, (x, weight)
    y = bias + x @ weight.T  # bias_m + Σ_j weight_mj x_bj    (1)
    return y, (x, weight)


def linear_bwd(residuals, dy):
    """Gradient of linear, from the residuals and the cotangent dy.

    dx_bi = Σ_m weight_mi dy_bm
    dweight_mi = Σ_b x_bi dy_bm
    dbias_m = Σ_b dy_bm
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(linear_bwd, residuals, dy)
    x, weight = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != weight.shape[0]:
        raise ValueError(f"linear_bwd takes dy (b, m), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = linear_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy @ weight  # Σ_m weight_mi dy_bm    (2)
    dweight = dy.T @ x  # Σ_b x_bi dy_bm    (3)
    dbias = dy.sum(axis=0)  # Σ_b dy_bm    (4)
    return dx, dweight, dbias


class Linear:
    """Linear as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias):
        y, self.residuals = linear_fwd(x, weight, bias)
        return y

    def backward(self, dout):
        return linear_bwd(self.residuals, dout)
