"""Each query must pick its own key among the batch's: contrastive learning.

Made by symderive from the forward alone; to make it again:
    symderive derive info_nce
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


def info_nce(q, k, tau=0.07):
    """Info nce, the value alone.

    q: (b, d)
    k: (b, d)
    """
    y, _ = info_nce_fwd(q, k, tau=tau)
    return y


def info_nce_fwd(q, k, tau=0.07):
    """The value, and what the gradient needs: (y, residuals)."""
    q = _real(q, "q")
    k = _real(k, "k")
    if q.ndim != 2 or k.ndim != 2 or k.shape[0] != q.shape[0] or k.shape[1] != q.shape[1]:
        raise ValueError(f"info_nce takes q (b, d), k (b, d), not q {q.shape}, k {k.shape}")
    if q.dtype != k.dtype:  # several dtypes: each gradient has that of its input
        return _widened(info_nce_fwd, q, k, tau=tau)
    if q.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, e, log_z) = info_nce_fwd(_single(q), _single(k), tau=tau)
        y = y.astype(q.dtype)
        return y, (q, k, e, log_z)
    s = q @ k.T / tau  # Σ_d k_b'd q_bd / tau    (1)
    m = s.max(axis=-1, keepdims=True, initial=-np.inf)  # max_b' s_bb'    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    z2 = s - m  # (4)
    e = np.exp(z2)  # (5)
    z = e.sum(axis=-1, keepdims=True)  # Σ_b' e_bb'    (6)
    log_z = np.log(z)  # (7)
    log_p = z2 - log_z  # (8)
    y = -np.mean(np.diagonal(log_p, axis1=-2, axis2=-1))  # -Σ_b log_p_bb / B    (9)
    return y, (q, k, e, log_z)


def info_nce_bwd(residuals, dy, tau=0.07):
    """Gradient of info nce, from the residuals and the cotangent dy.

    q2_bb' = e_bb' exp(-log_z_b) (1 - δ(b, b'))
    da_bb' = dy (q2_bb' (1 - δ(b, b')) - δ(b, b') Σ_b'' q2_bb'') / (B tau)
    dq_bd = Σ_b' k_b'd da_bb'
    dk_bd = Σ_b' q_b'd da_b'b
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(info_nce_bwd, residuals, dy, tau=tau)
    q, k, e, log_z = residuals
    dy = _real(dy, "dy", q.dtype)
    if dy.ndim != 0:
        raise ValueError(f"info_nce_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = info_nce_bwd(tuple(map(_single, residuals)), _single(dy), tau=tau)
        return tuple(g.astype(dy.dtype) for g in gradients)
    q2 = e * np.exp(-log_z)  # e_bb' exp(-log_z_b) (1 - δ(b, b'))    (10)
    np.fill_diagonal(q2, 0)
    sum_q2 = q2.sum(axis=-1)  # Σ_b' q2_bb'    (11)
    # dy (q2_bb' (1 - δ(b, b')) - sum_q2_b δ(b, b')) / (B tau)    (12)
    da = q2 * dy / (q.shape[0] * tau)
    np.fill_diagonal(da, -sum_q2 * dy / (q.shape[0] * tau))
    dq = da @ k  # Σ_b' k_b'd da_bb'    (13)
    dk = da.T @ q  # Σ_b' q_b'd da_b'b    (14)
    return dq, dk


class InfoNce:
    """Info nce as a layer: `forward` keeps what `backward` needs."""

    def forward(self, q, k, tau=0.07):
        self.tau = tau
        y, self.residuals = info_nce_fwd(q, k, tau=tau)
        return y

    def backward(self, dout):
        return info_nce_bwd(self.residuals, dout, tau=self.tau)
