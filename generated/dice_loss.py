"""One minus the overlap of prediction and target: segmentation with rare classes.

Made by symderive from the forward alone; to make it again:
    symderive derive dice_loss
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


def dice_loss(p, t, eps=1.0):
    """Dice loss, the value alone.

    p: (b, n)
    t: (b, n)
    """
    y, _ = dice_loss_fwd(p, t, eps=eps)
    return y


def dice_loss_fwd(p, t, eps=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    p = _real(p, "p")
    t = _real(t, "t")
    if p.ndim != 2 or t.ndim != 2 or t.shape[0] != p.shape[0] or t.shape[1] != p.shape[1]:
        raise ValueError(f"dice_loss takes p (b, n), t (b, n), not p {p.shape}, t {t.shape}")
    if p.dtype != t.dtype:  # several dtypes: each gradient has that of its input
        return _widened(dice_loss_fwd, p, t, eps=eps)
    if p.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, overlap, total) = dice_loss_fwd(_single(p), _single(t), eps=eps)
        y = y.astype(p.dtype)
        return y, (p, t, overlap, total)
    overlap = np.vecdot(p, t)  # Σ_j p_bj t_bj    (1)
    s = p.sum(axis=-1)  # Σ_j p_bj    (2)
    s2 = t.sum(axis=-1)  # Σ_j t_bj    (3)
    total = s + s2  # (4)
    # Σ_b (1 - (eps + 2 overlap_b) / (eps + total_b)) / B    (5)
    y = np.mean(1 - (eps + 2 * overlap) / (eps + total))
    return y, (p, t, overlap, total)


def dice_loss_bwd(residuals, dy, eps=1.0):
    """Gradient of dice loss, from the residuals and the cotangent dy.

    dp_bi = dy ((eps + 2 overlap_b) / (eps + total_b) - 2 t_bi) / (B (eps + total_b))
    dt_bi = dy ((eps + 2 overlap_b) / (eps + total_b) - 2 p_bi) / (B (eps + total_b))
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(dice_loss_bwd, residuals, dy, eps=eps)
    p, t, overlap, total = residuals
    dy = _real(dy, "dy", p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"dice_loss_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = dice_loss_bwd(tuple(map(_single, residuals)), _single(dy), eps=eps)
        return tuple(g.astype(dy.dtype) for g in gradients)
    eps_total_overlap = (eps + 2 * overlap) / (eps + total)  # (6)
    dp = dy * (eps_total_overlap[:, None] - 2 * t) / (p.shape[0] * (eps + total[:, None]))  # (7)
    dt = dy * (eps_total_overlap[:, None] - 2 * p) / (p.shape[0] * (eps + total[:, None]))  # (8)
    return dp, dt


class DiceLoss:
    """Dice loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, p, t, eps=1.0):
        self.eps = eps
        y, self.residuals = dice_loss_fwd(p, t, eps=eps)
        return y

    def backward(self, dout):
        return dice_loss_bwd(self.residuals, dout, eps=self.eps)
