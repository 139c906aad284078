"""A learned tanh in the place of a layer norm: no statistics at all.

Made by symderive from the forward alone; to make it again:
    symderive derive dynamic_tanh
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


def _number(value, name, *others):
    """What may be one real number; a number of Python has the dtype of the others."""
    weak = (int, float)
    if type(value) not in weak:
        return _real(value, name)
    dtypes = [_real(other, name).dtype for other in others if type(other) not in weak]
    return _real(value, name, np.result_type(*dtypes) if dtypes else None)


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


def dynamic_tanh(x, alpha, weight, bias):
    """Dynamic tanh, the value alone.

    x: (b, n)
    alpha: a number
    weight: (n,)
    bias: (n,)
    """
    y, _ = dynamic_tanh_fwd(x, alpha, weight, bias)
    return y


def dynamic_tanh_fwd(x, alpha, weight, bias):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    alpha = _number(alpha, "alpha", x, weight, bias)
    if (
        x.ndim != 2
        or alpha.ndim != 0
        or weight.ndim != 1
        or weight.shape[0] != x.shape[1]
        or bias.ndim != 1
        or bias.shape[0] != x.shape[1]
    ):
        raise ValueError(
            f"dynamic_tanh takes x (b, n), alpha (), weight (n), bias (n), not x {x.shape}, alpha "
            f"{alpha.shape}, weight {weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, alpha.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(dynamic_tanh_fwd, x, alpha, weight, bias)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, t) = dynamic_tanh_fwd(
            _single(x), _single(alpha), _single(weight), _single(bias)
        )
        y = y.astype(x.dtype)
        return y, (x, alpha, weight, t)
    t = np.tanh(alpha * x)  # (1)
    y = bias + weight * t  # (2)
    return y, (x, alpha, weight, t)


def dynamic_tanh_bwd(residuals, dy):
    """Gradient of dynamic tanh, from the residuals and the cotangent dy.

    dx_bi = alpha weight_i dy_bi (1 - t_bi²)
    dalpha = Σ_bj weight_j x_bj dy_bj (1 - t_bj²)
    dweight_i = Σ_b t_bi dy_bi
    dbias_i = Σ_b dy_bi
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(dynamic_tanh_bwd, residuals, dy)
    x, alpha, weight, t = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"dynamic_tanh_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = dynamic_tanh_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy_t = dy * (1 - t**2)  # (3)
    weight_dy_t = weight * dy_t  # (4)
    dx = alpha * weight_dy_t  # (5)
    dalpha = np.sum(weight_dy_t * x)  # Σ_bj weight_dy_t_bj x_bj    (6)
    dweight = np.sum(t * dy, axis=0)  # Σ_b t_bi dy_bi    (7)
    dbias = dy.sum(axis=0)  # Σ_b dy_bi    (8)
    return dx, dalpha, dweight, dbias


class DynamicTanh:
    """Dynamic tanh as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, alpha, weight, bias):
        y, self.residuals = dynamic_tanh_fwd(x, alpha, weight, bias)
        return y

    def backward(self, dout):
        return dynamic_tanh_bwd(self.residuals, dout)
