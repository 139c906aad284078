"""The log-likelihood of independent yes-or-no targets, from probabilities below 1.

Made by symderive from the forward alone; to make it again:
    symderive derive binary_cross_entropy
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


def binary_cross_entropy(p, t):
    """Binary cross entropy, the value alone.

    p: (b, n)
    t: (b, n)
    """
    y, _ = binary_cross_entropy_fwd(p, t)
    return y


def binary_cross_entropy_fwd(p, t):
    """The value, and what the gradient needs: (y, residuals)."""
    p = _real(p, "p")
    t = _real(t, "t")
    if p.ndim != 2 or t.ndim != 2 or t.shape[0] != p.shape[0] or t.shape[1] != p.shape[1]:
        raise ValueError(
            f"binary_cross_entropy takes p (b, n), t (b, n), not p {p.shape}, t {t.shape}"
        )
    if p.dtype != t.dtype:  # several dtypes: each gradient has that of its input
        return _widened(binary_cross_entropy_fwd, p, t)
    if p.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, v) = binary_cross_entropy_fwd(_single(p), _single(t))
        y = y.astype(p.dtype)
        return y, (p, t, v)
    v = np.log1p(-p)  # (1)
    # -Σ_bj (t_bj log(p_bj) + v_bj (1 - t_bj)) / (n B)    (2)
    y = -np.mean(t * np.log(p) + v * (1 - t))
    return y, (p, t, v)


def binary_cross_entropy_bwd(residuals, dy):
    """Gradient of binary cross entropy, from the residuals and the cotangent dy.

    dp_bi = dy (-t_bi / p_bi - (t_bi - 1) / (1 - p_bi)) / (n B)
    dt_bi = dy (v_bi - log(p_bi)) / (n B)
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(binary_cross_entropy_bwd, residuals, dy)
    p, t, v = residuals
    dy = _real(dy, "dy", p.dtype)
    if dy.ndim != 0:
        raise ValueError(f"binary_cross_entropy_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = binary_cross_entropy_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dp = -dy * ((t - 1) / (1 - p) + t / p) / p.size  # (3)
    dt = dy * (v - np.log(p)) / p.size  # (4)
    return dp, dt


class BinaryCrossEntropy:
    """Binary cross entropy as a layer: `forward` keeps what `backward` needs."""

    def forward(self, p, t):
        y, self.residuals = binary_cross_entropy_fwd(p, t)
        return y

    def backward(self, dout):
        return binary_cross_entropy_bwd(self.residuals, dout)
