"""Pairs of one class attract, others repel up to a margin.

Made by symderive from the forward alone; to make it again:
    symderive derive contrastive_loss
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


def contrastive_loss(x, z, same, margin=1.0):
    """Contrastive loss, the value alone.

    x: (b, n)
    z: (b, n)
    same: (b,)
    """
    y, _ = contrastive_loss_fwd(x, z, same, margin=margin)
    return y


def contrastive_loss_fwd(x, z, same, margin=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    same = _labels(same, "same")
    if (
        x.ndim != 2
        or z.ndim != 2
        or z.shape[0] != x.shape[0]
        or z.shape[1] != x.shape[1]
        or same.ndim != 1
        or same.shape[0] != x.shape[0]
    ):
        raise ValueError(
            f"contrastive_loss takes x (b, n), z (b, n), same (b), not x {x.shape}, z {z.shape}, "
            f"same {same.shape}"
        )
    if same.size and not 0 <= same.min() <= same.max() < 2:
        raise ValueError(
            f"contrastive_loss takes labels same (b) from 0 to below 2, not from {same.min()} to "
            f"{same.max()}"
        )
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(contrastive_loss_fwd, x, z, same, margin=margin)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, d) = contrastive_loss_fwd(_single(x), _single(z), same, margin=margin)
        y = y.astype(x.dtype)
        return y, (x, z, same, d)
    x_minus_z = x - z  # (1)
    m = np.max(np.abs(x_minus_z), axis=-1, initial=-np.inf)  # max_j |x_minus_z_bj|    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    c = (m == 0) + m  # (4)
    z2 = x_minus_z / c[:, None]  # (5)
    sum_z2_squared = np.vecdot(z2, z2)  # Σ_j z2_bj²    (6)
    d = c * np.sqrt(sum_z2_squared)  # (7)
    # Σ_b (maximum(margin - d_b, 0)² [same_b ≠ 1] + d_b² δ(1, same_b)) / B    (8)
    y = np.mean(np.where(same == 1, d**2, np.maximum(margin - d, 0) ** 2))
    return y, (x, z, same, d)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def contrastive_loss_bwd(residuals, dy, margin=1.0):
    """Gradient of contrastive loss, from the residuals and the cotangent dy.

    dx_bi = 2 dy [d_b > 0] (δ(1, same_b) - u_b [margin - d_b > 0] [same_b ≠ 1] / d_b) (x_bi - z_bi)
        / B
    dz_bi = -dx_bi
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(contrastive_loss_bwd, residuals, dy, margin=margin)
    x, z, same, d = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"contrastive_loss_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = contrastive_loss_bwd(tuple(map(_single, residuals)), _single(dy), margin=margin)
        return tuple(g.astype(dy.dtype) for g in gradients)
    margin_minus_d = margin - d  # (9)
    # dy [d_b > 0] (δ(1, same_b) - maximum(margin_minus_d_b, 0) [margin_minus_d_b > 0] [same_b ≠ 1]
    # / d_b)    (10)
    dy_d_margin = np.where(
        d > 0,
        dy
        * (
            (same == 1)
            - np.where((same != 1) & (margin_minus_d > 0), np.maximum(margin_minus_d, 0) / d, 0)
        ),
        0,
    )
    dx = 2 * dy_d_margin[:, None] * (x - z) / x.shape[0]  # (11)
    dz = -dx  # (12)
    return dx, dz


class ContrastiveLoss:
    """Contrastive loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, same, margin=1.0):
        self.margin = margin
        y, self.residuals = contrastive_loss_fwd(x, z, same, margin=margin)
        return y

    def backward(self, dout):
        return contrastive_loss_bwd(self.residuals, dout, margin=self.margin)
