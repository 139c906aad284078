"""The average of a sequence over the places that are not padding.

Made by symderive from the forward alone; to make it again:
    symderive derive masked_mean_pool
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


def masked_mean_pool(x, mask):
    """Masked mean pool, the value alone.

    x: (b, s, d)
    mask: (b, s)
    """
    y, _ = masked_mean_pool_fwd(x, mask)
    return y


def masked_mean_pool_fwd(x, mask):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    mask = _labels(mask, "mask")
    if x.ndim != 3 or mask.ndim != 2 or mask.shape[0] != x.shape[0] or mask.shape[1] != x.shape[1]:
        raise ValueError(
            f"masked_mean_pool takes x (b, s, d), mask (b, s), not x {x.shape}, mask {mask.shape}"
        )
    if mask.size and not 0 <= mask.min() <= mask.max() < 2:
        raise ValueError(
            f"masked_mean_pool takes labels mask (b, s) from 0 to below 2, not from {mask.min()} "
            f"to {mask.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, z2) = masked_mean_pool_fwd(_single(x), mask)
        y = y.astype(x.dtype)
        return y, (mask, z2)
    kept = np.where(mask[:, :, None] == 1, x, 0)  # x_bsd δ(1, mask_bs)    (1)
    z = kept.sum(axis=1)  # Σ_s kept_bsd    (2)
    z2 = mask.sum(axis=-1, keepdims=True, dtype=x.dtype)  # Σ_s mask_bs    (3)
    y = z / z2  # (4)
    return y, (mask, z2)


def masked_mean_pool_bwd(residuals, dy):
    """Gradient of masked mean pool, from the residuals and the cotangent dy.

    dx_bsd = dy_bd δ(1, mask_bs) / z2_b
    """
    mask, z2 = residuals
    dy = _real(dy, "dy")
    if dy.ndim != 2 or dy.shape[0] != mask.shape[0]:
        raise ValueError(f"masked_mean_pool_bwd takes dy (b, d), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = masked_mean_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.astype(z2.dtype, copy=False)
    # dy_bd δ(1, mask_bs) / z2_b    (5)
    return (np.where(mask[:, :, None] == 1, dy[:, None] / z2[:, :, None], 0),)


class MaskedMeanPool:
    """Masked mean pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, mask):
        y, self.residuals = masked_mean_pool_fwd(x, mask)
        return y

    def backward(self, dout):
        (dx,) = masked_mean_pool_bwd(self.residuals, dout)
        return dx
