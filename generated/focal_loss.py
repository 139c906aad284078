"""Cross entropy that gives easy examples a small weight, (1 - p)².

Made by symderive from the forward alone; to make it again:
    symderive derive focal_loss
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


def focal_loss(x, t):
    """Focal loss, the value alone.

    x: (b, n)
    t: (b,)
    """
    y, _ = focal_loss_fwd(x, t)
    return y


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def focal_loss_fwd(x, t):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _labels(t, "t")
    if x.ndim != 2 or t.ndim != 1 or t.shape[0] != x.shape[0]:
        raise ValueError(f"focal_loss takes x (b, n), t (b), not x {x.shape}, t {t.shape}")
    if t.size and not 0 <= t.min() <= t.max() < x.shape[1]:
        raise ValueError(
            f"focal_loss takes labels t (b) from 0 to below {x.shape[1]} (n), not from {t.min()} "
            f"to {t.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(focal_loss_fwd, x, t)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1)  # Σ_j e_bj    (5)
    p = e / s[:, None]  # (6)
    p_t = p[np.arange(len(t)), t]  # p_{b,t_b}    (7)
    # Σ_j p_bj (1 - δ(j, t_b))    (8)
    inner = np.sum(np.where(np.arange(x.shape[-1]) != t[:, None], p, 0), axis=-1)
    q = np.where(p_t > 0.5, inner, 1 - p_t)  # (9)
    # [q_b ≥ 1/2] (z_{b,t_b} - log(s_b)) + log1p(-minimum(q_b, 1/2)) [1/2 > q_b]    (10)
    u = np.where(q < 0.5, np.log1p(-np.minimum(q, 0.5)), z[np.arange(len(t)), t] - np.log(s))
    y = -np.vecdot(q**2, u) / x.shape[0]  # -Σ_b q_b² u_b / B    (11)
    return y, (t, p, q, u)


def focal_loss_bwd(residuals, dy):
    """Gradient of focal loss, from the residuals and the cotangent dy.

    dx_bi = q_b dy (q_b - 2 p_{b,t_b} u_b) (p_bi (1 - δ(i, t_b)) - q_b δ(i, t_b)) / B
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(focal_loss_bwd, residuals, dy)
    t, p, q, u = residuals
    dy = _real(dy, "dy", p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"focal_loss_bwd takes dy (), not {dy.shape}")
    # q_b dy (q_b - 2 p_{b,t_b} u_b) (p_bi (1 - δ(i, t_b)) - q_b δ(i, t_b)) / B    (12)
    dx = (
        q[:, None]
        * (q[:, None] - 2 * p[np.arange(len(t)), t][:, None] * u[:, None])
        * p
        * dy
        / t.shape[0]
    )
    dx[np.arange(len(t)), t] = -(q**2) * (q - 2 * p[np.arange(len(t)), t] * u) * dy / t.shape[0]
    return (dx,)


class FocalLoss:
    """Focal loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t):
        y, self.residuals = focal_loss_fwd(x, t)
        return y

    def backward(self, dout):
        (dx,) = focal_loss_bwd(self.residuals, dout)
        return dx
