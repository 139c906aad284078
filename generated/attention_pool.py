"""The average of a sequence, weighted by a learned score of each place.

Made by symderive from the forward alone; to make it again:
    symderive derive attention_pool
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


def attention_pool(x, weight):
    """Attention pool, the value alone.

    x: (b, s, d)
    weight: (d,)
    """
    y, _ = attention_pool_fwd(x, weight)
    return y


def attention_pool_fwd(x, weight):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    if x.ndim != 3 or weight.ndim != 1 or weight.shape[0] != x.shape[2]:
        raise ValueError(
            f"attention_pool takes x (b, s, d), weight (d), not x {x.shape}, weight {weight.shape}"
        )
    if x.dtype != weight.dtype:  # several dtypes: each gradient has that of its input
        return _widened(attention_pool_fwd, x, weight)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, P, _) = attention_pool_fwd(_single(x), _single(weight))
        y = y.astype(x.dtype)
        return y, (x, weight, P, y)
    a = np.vecdot(weight, x, keepdims=True)  # Σ_d weight_d x_bsd    (1)
    m = a.max(axis=1, keepdims=True, initial=-np.inf)  # max_s a_bs    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    E = np.exp(a - m)  # (4)
    z = E.sum(axis=1, keepdims=True)  # Σ_s E_bs    (5)
    P = E / z  # (6)
    y = np.sum(P * x, axis=1)  # Σ_s P_bs x_bsd    (7)
    return y, (x, weight, P, y)


def attention_pool_bwd(residuals, dy):
    """Gradient of attention pool, from the residuals and the cotangent dy.

    da_bs = P_bs Σ_d dy_bd (x_bsd - y_bd)
    dx_bsd = P_bs dy_bd + weight_d da_bs
    dweight_d = Σ_bs x_bsd da_bs
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(attention_pool_bwd, residuals, dy)
    x, weight, P, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"attention_pool_bwd takes dy (b, d) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = attention_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(dy[:, None], x - y[:, None], keepdims=True)  # Σ_d dy_bd (x_bsd - y_bd)    (8)
    da = P * inner  # (9)
    dx = P * dy[:, None] + weight * da  # (10)
    dweight = np.sum(x * da, axis=(0, 1))  # Σ_bs x_bsd da_bs    (11)
    return dx, dweight


class AttentionPool:
    """Attention pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight):
        y, self.residuals = attention_pool_fwd(x, weight)
        return y

    def backward(self, dout):
        return attention_pool_bwd(self.residuals, dout)
