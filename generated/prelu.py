"""A ReLU whose slope below zero is learned for each channel.

Made by symderive from the forward alone; to make it again:
    symderive derive prelu
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


def prelu(x, weight):
    """Prelu, the value alone.

    x: (b, n)
    weight: (n,)
    """
    y, _ = prelu_fwd(x, weight)
    return y


def prelu_fwd(x, weight):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    if x.ndim != 2 or weight.ndim != 1 or weight.shape[0] != x.shape[1]:
        raise ValueError(
            f"prelu takes x (b, n), weight (n), not x {x.shape}, weight {weight.shape}"
        )
    if x.dtype != weight.dtype:  # several dtypes: each gradient has that of its input
        return _widened(prelu_fwd, x, weight)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = prelu_fwd(_single(x), _single(weight))
        y = y.astype(x.dtype)
        return y, (x, weight)
    y = np.where(x > 0, x, weight * x)  # (1)
    return y, (x, weight)


def prelu_bwd(residuals, dy):
    """Gradient of prelu, from the residuals and the cotangent dy.

    dx_bi = dy_bi (weight_i [0 ≥ x_bi] + [x_bi > 0])
    dweight_i = Σ_b x_bi dy_bi [0 ≥ x_bi]
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(prelu_bwd, residuals, dy)
    x, weight = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"prelu_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = prelu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy * np.where(x > 0, 1, weight)  # (2)
    dweight = np.sum(np.where(x <= 0, x * dy, 0), axis=0)  # Σ_b x_bi dy_bi [0 ≥ x_bi]    (3)
    return dx, dweight


class Prelu:
    """Prelu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight):
        y, self.residuals = prelu_fwd(x, weight)
        return y

    def backward(self, dout):
        return prelu_bwd(self.residuals, dout)
