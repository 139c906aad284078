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
        return _widened(masked_mean_pool_fwd, x, mask)
    kept = np.where(mask[:, :, None] == 1, x, 0)  # x_bsd δ(1, mask_bs)    (1)
    z = kept.sum(axis=1)  # Σ_s kept_bsd    (2)
    z2 = mask.sum(axis=-1, keepdims=True, dtype=x.dtype)  # Σ_s mask_bs    (3)
    y = z / z2  # (4)
    return y, (mask, z2)


def masked_mean_pool_bwd(residuals, dy):
    """Gradient of masked mean pool, from the residuals and the cotangent dy.

    dx_bsd = dy_bd δ(1, mask_bs) / z2_b
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(masked_mean_pool_bwd, residuals, dy)
    mask, z2 = residuals
    dy = _real(dy, "dy", z2.dtype)
    if dy.ndim != 2 or dy.shape[0] != mask.shape[0]:
        raise ValueError(f"masked_mean_pool_bwd takes dy (b, d), not {dy.shape}")
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
