"""The anchor must be closer to one example than to another by a margin.

Made by symderive from the forward alone; to make it again:
    symderive derive triplet_loss
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


def triplet_loss(anchor, near, far, margin=1.0):
    """Triplet loss, the value alone.

    anchor: (b, n)
    near: (b, n)
    far: (b, n)
    """
    y, _ = triplet_loss_fwd(anchor, near, far, margin=margin)
    return y


def triplet_loss_fwd(anchor, near, far, margin=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    anchor = _real(anchor, "anchor")
    near = _real(near, "near")
    far = _real(far, "far")
    if (
        anchor.ndim != 2
        or near.ndim != 2
        or near.shape[0] != anchor.shape[0]
        or near.shape[1] != anchor.shape[1]
        or far.ndim != 2
        or far.shape[0] != anchor.shape[0]
        or far.shape[1] != anchor.shape[1]
    ):
        raise ValueError(
            "triplet_loss takes anchor (b, n), near (b, n), far (b, n), not anchor "
            f"{anchor.shape}, near {near.shape}, far {far.shape}"
        )
    if len({anchor.dtype, near.dtype, far.dtype}) > 1:
        return _widened(triplet_loss_fwd, anchor, near, far, margin=margin)
    if anchor.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, d_near, d_far) = triplet_loss_fwd(
            _single(anchor), _single(near), _single(far), margin=margin
        )
        y = y.astype(anchor.dtype)
        return y, (anchor, near, far, d_near, d_far)
    s = np.sum((anchor - near) ** 2, axis=-1)  # Σ_j (anchor_bj - near_bj)²    (1)
    d_near = np.sqrt(s)  # (2)
    s2 = np.sum((anchor - far) ** 2, axis=-1)  # Σ_j (anchor_bj - far_bj)²    (3)
    d_far = np.sqrt(s2)  # (4)
    # Σ_b maximum(d_near_b + margin - d_far_b, 0) / B    (5)
    y = np.mean(np.maximum(d_near + margin - d_far, 0))
    return y, (anchor, near, far, d_near, d_far)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def triplet_loss_bwd(residuals, dy, margin=1.0):
    """Gradient of triplet loss, from the residuals and the cotangent dy.

    danchor_bi = dy [d_near_b + margin - d_far_b > 0] ([d_near_b > 0] (anchor_bi - near_bi) /
        d_near_b - [d_far_b > 0] (anchor_bi - far_bi) / d_far_b) / B
    dnear_bi = dy [d_near_b + margin - d_far_b > 0] [d_near_b > 0] (near_bi - anchor_bi) / (B
        d_near_b)
    dfar_bi = dy [d_far_b > 0] [d_near_b + margin - d_far_b > 0] (anchor_bi - far_bi) / (B d_far_b)
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(triplet_loss_bwd, residuals, dy, margin=margin)
    anchor, near, far, d_near, d_far = residuals
    dy = _real(dy, "dy", anchor.dtype)
    if dy.ndim != 0:
        raise ValueError(f"triplet_loss_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = triplet_loss_bwd(tuple(map(_single, residuals)), _single(dy), margin=margin)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inverse_d_near = np.divide(1, d_near, out=np.zeros_like(d_near), where=d_near > 0)  # (6)
    inverse_d_far = np.divide(1, d_far, out=np.zeros_like(d_far), where=d_far > 0)  # (7)
    anchor_minus_far = anchor - far  # (8)
    inverse_d_far_2 = inverse_d_far[:, None] * anchor_minus_far  # (9)
    # (10)
    danchor = np.where(
        d_near[:, None] + margin - d_far[:, None] > 0,
        dy * (inverse_d_near[:, None] * (anchor - near) - inverse_d_far_2) / anchor.shape[0],
        0,
    )
    # (11)
    dnear = np.where(
        d_near[:, None] + margin - d_far[:, None] > 0,
        inverse_d_near[:, None] * (near - anchor) * dy / anchor.shape[0],
        0,
    )
    # (12)
    dfar = np.where(
        d_near[:, None] + margin - d_far[:, None] > 0, inverse_d_far_2 * dy / anchor.shape[0], 0
    )
    return danchor, dnear, dfar


class TripletLoss:
    """Triplet loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, anchor, near, far, margin=1.0):
        self.margin = margin
        y, self.residuals = triplet_loss_fwd(anchor, near, far, margin=margin)
        return y

    def backward(self, dout):
        return triplet_loss_bwd(self.residuals, dout, margin=self.margin)
