"""The negative log-likelihood of the right classes under softmax.

Made by symderive from the forward alone; to make it again:
    symderive derive cross_entropy
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


def cross_entropy(x, t):
    """Cross entropy, the value alone.

    x: (b, n)
    t: (b,)
    """
    y, _ = cross_entropy_fwd(x, t)
    return y


def cross_entropy_fwd(x, t):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _labels(t, "t")
    if x.ndim != 2 or t.ndim != 1 or t.shape[0] != x.shape[0]:
        raise ValueError(f"cross_entropy takes x (b, n), t (b), not x {x.shape}, t {t.shape}")
    if t.size and not 0 <= t.min() <= t.max() < x.shape[1]:
        raise ValueError(
            f"cross_entropy takes labels t (b) from 0 to below {x.shape[1]} (n), not from "
            f"{t.min()} to {t.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(cross_entropy_fwd, x, t)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1)  # Σ_j e_bj    (5)
    log_p_t = z[np.arange(len(t)), t] - np.log(s)  # z_{b,t_b} - log(s_b)    (6)
    y = -log_p_t.mean()  # -Σ_b log_p_t_b / B    (7)
    return y, (t, e, s)


def cross_entropy_bwd(residuals, dy):
    """Gradient of cross entropy, from the residuals and the cotangent dy.

    q_bi = e_bi (1 - δ(i, t_b)) / s_b
    dx_bi = dy (q_bi (1 - δ(i, t_b)) - δ(i, t_b) Σ_j q_bj) / B
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(cross_entropy_bwd, residuals, dy)
    t, e, s = residuals
    dy = _real(dy, "dy", e.dtype)
    if dy.ndim != 0:
        raise ValueError(f"cross_entropy_bwd takes dy (), not {dy.shape}")
    q = e / s[:, None]  # e_bi (1 - δ(i, t_b)) / s_b    (8)
    q[np.arange(len(t)), t] = 0
    sum_q = q.sum(axis=-1)  # Σ_j q_bj    (9)
    dx = q * dy / t.shape[0]  # dy (q_bi (1 - δ(i, t_b)) - sum_q_b δ(i, t_b)) / B    (10)
    dx[np.arange(len(t)), t] = -sum_q * dy / t.shape[0]
    return (dx,)


class CrossEntropy:
    """Cross entropy as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t):
        y, self.residuals = cross_entropy_fwd(x, t)
        return y

    def backward(self, dout):
        (dx,) = cross_entropy_bwd(self.residuals, dout)
        return dx
