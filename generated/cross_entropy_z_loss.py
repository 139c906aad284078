"""Cross entropy with a penalty on the squared normaliser, which keeps logits small (PaLM).

Made by symderive from the forward alone; to make it again:
    symderive derive cross_entropy_z_loss
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


def cross_entropy_z_loss(x, t, lam=0.0001):
    """Cross entropy z loss, the value alone.

    x: (b, n)
    t: (b,)
    """
    y, _ = cross_entropy_z_loss_fwd(x, t, lam=lam)
    return y


def cross_entropy_z_loss_fwd(x, t, lam=0.0001):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _labels(t, "t")
    if x.ndim != 2 or t.ndim != 1 or t.shape[0] != x.shape[0]:
        raise ValueError(
            f"cross_entropy_z_loss takes x (b, n), t (b), not x {x.shape}, t {t.shape}"
        )
    if t.size and not 0 <= t.min() <= t.max() < x.shape[1]:
        raise ValueError(
            f"cross_entropy_z_loss takes labels t (b) from 0 to below {x.shape[1]} (n), not from "
            f"{t.min()} to {t.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(cross_entropy_z_loss_fwd, x, t, lam=lam)
    m = x.max(axis=-1, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m[:, None]  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1)  # Σ_j e_bj    (5)
    log_s = np.log(s)  # (6)
    lse = log_s + m  # (7)
    # Σ_b (lam lse_b² + log_s_b - z_{b,t_b}) / B    (8)
    y = np.mean(lam * lse**2 + log_s - z[np.arange(len(t)), t])
    return y, (t, e, s, lse)


def cross_entropy_z_loss_bwd(residuals, dy, lam=0.0001):
    """Gradient of cross entropy z loss, from the residuals and the cotangent dy.

    q_bi = e_bi (1 - δ(i, t_b)) / s_b
    dx_bi = dy (2 lam lse_b e_bi / s_b + q_bi (1 - δ(i, t_b)) - δ(i, t_b) Σ_j q_bj) / B
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(cross_entropy_z_loss_bwd, residuals, dy, lam=lam)
    t, e, s, lse = residuals
    dy = _real(dy, "dy", e.dtype)
    if dy.ndim != 0:
        raise ValueError(f"cross_entropy_z_loss_bwd takes dy (), not {dy.shape}")
    s_e = e / s[:, None]  # (9)
    q = np.where(np.arange(e.shape[-1]) != t[:, None], s_e, 0)  # s_e_bi (1 - δ(i, t_b))    (10)
    sum_q = q.sum(axis=-1, keepdims=True)  # Σ_j q_bj    (11)
    # dy (2 lam lse_b s_e_bi + q_bi (1 - δ(i, t_b)) - sum_q_b δ(i, t_b)) / B    (12)
    return (
        dy
        * (2 * lam * lse[:, None] * s_e + np.where(np.arange(e.shape[-1]) == t[:, None], -sum_q, q))
        / t.shape[0],
    )


class CrossEntropyZLoss:
    """Cross entropy z loss as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t, lam=0.0001):
        self.lam = lam
        y, self.residuals = cross_entropy_z_loss_fwd(x, t, lam=lam)
        return y

    def backward(self, dout):
        (dx,) = cross_entropy_z_loss_bwd(self.residuals, dout, lam=self.lam)
        return dx
