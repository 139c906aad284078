"""The row of a table for each label.

Made by symderive from the forward alone; to make it again:
    symderive derive embedding
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


def _labels(array, name):
    """The array where it holds integers."""
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integer labels, not {array.dtype}")
    return array


def _single(array):
    """Half precision as float32; any other array as it is."""
    half = array.dtype.itemsize < 4 and array.dtype.kind not in "iu"
    return array.astype(np.float32) if half else array


def embedding(weight, t):
    """Embedding, the value alone.

    weight: (n, d)
    t: (b,)
    """
    y, _ = embedding_fwd(weight, t)
    return y


def embedding_fwd(weight, t):
    """The value, and what the gradient needs: (y, residuals)."""
    weight = _real(weight, "weight")
    t = _labels(t, "t")
    if weight.ndim != 2 or t.ndim != 1:
        raise ValueError(
            f"embedding takes weight (n, d), t (b), not weight {weight.shape}, t {t.shape}"
        )
    if t.size and not 0 <= t.min() <= t.max() < weight.shape[0]:
        raise ValueError(
            f"embedding takes labels t (b) from 0 to below {weight.shape[0]} (n), not from "
            f"{t.min()} to {t.max()}"
        )
    if weight.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = embedding_fwd(_single(weight), t)
        y = y.astype(weight.dtype)
        return y, (weight, t)
    y = weight[t]  # weight_{t_b,d}    (1)
    return y, (weight, t)


def embedding_bwd(residuals, dy):
    """Gradient of embedding, from the residuals and the cotangent dy.

    dweight_id = Σ_b dy_bd δ(i, t_b)
    """
    weight, t = residuals
    dy = _real(dy, "dy", weight.dtype)
    if dy.ndim != 2 or dy.shape[0] != t.shape[0] or dy.shape[1] != weight.shape[1]:
        raise ValueError(f"embedding_bwd takes dy (b, d), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = embedding_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dweight = np.zeros_like(weight)  # Σ_b dy_bd δ(i, t_b)    (2)
    np.add.at(dweight, t, dy)
    return (dweight,)


class Embedding:
    """Embedding as a layer: `forward` keeps what `backward` needs."""

    def forward(self, weight, t):
        y, self.residuals = embedding_fwd(weight, t)
        return y

    def backward(self, dout):
        (dweight,) = embedding_bwd(self.residuals, dout)
        return dweight
