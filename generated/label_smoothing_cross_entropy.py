"""Cross entropy against labels mixed with the uniform distribution.

Made by symderive from the forward alone; to make it again:
    symderive derive label_smoothing_cross_entropy
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


def _ratio(a, b):
    """a / b of two numbers where b counts, and may count nothing: Python would raise."""
    return a / b if b else a * np.inf


def label_smoothing_cross_entropy(x, t, smoothing=0.1):
    """Label smoothing cross entropy, the value alone.

    x: (b, n)
    t: (b,)
    """
    y, _ = label_smoothing_cross_entropy_fwd(x, t, smoothing=smoothing)
    return y


def label_smoothing_cross_entropy_fwd(x, t, smoothing=0.1):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    t = _labels(t, "t")
    if x.ndim != 2 or t.ndim != 1 or t.shape[0] != x.shape[0]:
        raise ValueError(
            f"label_smoothing_cross_entropy takes x (b, n), t (b), not x {x.shape}, t {t.shape}"
        )
    if t.size and not 0 <= t.min() <= t.max() < x.shape[1]:
        raise ValueError(
            f"label_smoothing_cross_entropy takes labels t (b) from 0 to below {x.shape[1]} (n), "
            f"not from {t.min()} to {t.max()}"
        )
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        return _widened(label_smoothing_cross_entropy_fwd, x, t, smoothing=smoothing)
    m = x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    z = x - m  # (3)
    e = np.exp(z)  # (4)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (5)
    log_p = z - np.log(s)  # (6)
    mean_log_p = log_p.mean(axis=-1)  # Σ_j log_p_bj / n    (7)
    # -Σ_b (log_p_{b,t_b} (1 - smoothing) + smoothing mean_log_p_b) / B    (8)
    y = -np.mean(log_p[np.arange(len(t)), t] * (1 - smoothing) + smoothing * mean_log_p)
    return y, (t, e, s)


def label_smoothing_cross_entropy_bwd(residuals, dy, smoothing=0.1):
    """Gradient of label smoothing cross entropy, from the residuals and the cotangent dy.

    dx_bi = dy (e_bi / s_b - smoothing / n - δ(i, t_b) (1 - smoothing)) / B
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(label_smoothing_cross_entropy_bwd, residuals, dy, smoothing=smoothing)
    t, e, s = residuals
    dy = _real(dy, "dy", e.dtype)
    if dy.ndim != 0:
        raise ValueError(f"label_smoothing_cross_entropy_bwd takes dy (), not {dy.shape}")
    # dy (e_bi / s_b - smoothing / n - δ(i, t_b) (1 - smoothing)) / B    (9)
    return (
        dy
        * (
            e / s
            - _ratio(smoothing, e.shape[-1])
            - np.where(np.arange(e.shape[-1]) == t[:, None], 1 - smoothing, 0).astype(e.dtype)
        )
        / t.shape[0],
    )


class LabelSmoothingCrossEntropy:
    """Label smoothing cross entropy as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, t, smoothing=0.1):
        self.smoothing = smoothing
        y, self.residuals = label_smoothing_cross_entropy_fwd(x, t, smoothing=smoothing)
        return y

    def backward(self, dout):
        (dx,) = label_smoothing_cross_entropy_bwd(self.residuals, dout, smoothing=self.smoothing)
        return dx
