"""The loss whose minimum is the q-quantile of the target.

Made by symderive from the forward alone; to make it again:
    symderive derive quantile_loss
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


def quantile_loss(x, target, q=0.9):
    """Quantile loss, the value alone.

    x: (b, n)
    target: (b, n)
    """
    y, _ = quantile_loss_fwd(x, target, q=q)
    return y


def quantile_loss_fwd(x, target, q=0.9):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"quantile_loss takes x (b, n), target (b, n), not x {x.shape}, target {target.shape}"
        )
    if x.dtype != target.dtype:  # several dtypes: each gradient has that of its input
        return _widened(quantile_loss_fwd, x, target, q=q)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = quantile_loss_fwd(_single(x), _single(target), q=q)
        y = y.astype(x.dtype)
        return y, (x, target)
    r = target - x  # (1)
    y = np.mean(np.maximum(q * r, r * (q - 1)))  # Σ_bj maximum(q r_bj, r_bj (q - 1)) / (n B)    (2)
    return y, (x, target)


def quantile_loss_bwd(residuals, dy, q=0.9):
    """Gradient of quantile loss, from the residuals and the cotangent dy.

    dx_bi = -dy ((q - 1) ([r_bi (q - 1) > q r_bi] + [q r_bi = r_bi (q - 1)] / 2) + q ([q r_bi > r_bi
        (q - 1)] + [q r_bi = r_bi (q - 1)] / 2)) / (n B)
    dtarget_bi = -dx_bi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(quantile_loss_bwd, residuals, dy, q=q)
    x, target = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"quantile_loss_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = quantile_loss_bwd(tuple(map(_single, residuals)), _single(dy), q=q)
        return tuple(g.astype(dy.dtype) for g in gradients)
    r = target - x  # (1)
    r_q = r * (q - 1)  # (3)
    q_r = q * r  # (4)
    # (5)
    dx = (
        -dy
        * (
            q * ((q_r > r_q) + np.where(q_r == r_q, 0.5, 0).astype(x.dtype))
            + (q - 1) * ((r_q > q_r) + np.where(q_r == r_q, 0.5, 0).astype(x.dtype))
        )
        / x.size
    )
    dtarget = -dx  # (6)
    return dx, dtarget


class QuantileLoss:
    """Quantile loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target, q=0.9):
        self.q = q
        y, self.residuals = quantile_loss_fwd(x, target, q=q)
        return y

    def backward(self, dout):
        return quantile_loss_bwd(self.residuals, dout, q=self.q)
