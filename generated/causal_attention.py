"""Attention in which a place sees only itself and what came before it.

Made by symderive from the forward alone; to make it again:
    symderive derive causal_attention
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


def causal_attention(q, k, v):
    """Causal attention, the value alone.

    q: (n, d)
    k: (n, d)
    v: (n, e)
    """
    y, _ = causal_attention_fwd(q, k, v)
    return y


def causal_attention_fwd(q, k, v):
    """The value, and what the gradient needs: (y, residuals)."""
    q = _real(q, "q")
    k = _real(k, "k")
    v = _real(v, "v")
    if (
        q.ndim != 2
        or k.ndim != 2
        or k.shape[0] != q.shape[0]
        or k.shape[1] != q.shape[1]
        or v.ndim != 2
        or v.shape[0] != q.shape[0]
    ):
        raise ValueError(
            f"causal_attention takes q (n, d), k (n, d), v (n, e), not q {q.shape}, k {k.shape}, v "
            f"{v.shape}"
        )
    if len({q.dtype, k.dtype, v.dtype}) > 1:  # several dtypes: each gradient has that of its input
        return _widened(causal_attention_fwd, q, k, v)
    if q.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, P, _) = causal_attention_fwd(_single(q), _single(k), _single(v))
        y = y.astype(q.dtype)
        return y, (q, k, v, P, y)
    S = q @ k.T / q.shape[-1] ** 0.5  # Σ_d k_jd q_id / √D    (1)
    # max_j (S_ij [i ≥ j] - ∞ [j > i])    (2)
    m = np.max(
        np.where(np.arange(q.shape[0]) > np.arange(q.shape[0])[:, None], -np.inf, S),
        axis=-1,
        keepdims=True,
        initial=-np.inf,
    )
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    # exp(S_ij - m_i) [i ≥ j]    (4)
    E = np.where(np.arange(q.shape[0])[:, None] >= np.arange(q.shape[0]), np.exp(S - m), 0)
    s = E.sum(axis=-1, keepdims=True)  # Σ_j E_ij    (5)
    P = E / s  # (6)
    y = P @ v  # Σ_j P_ij v_je    (7)
    return y, (q, k, v, P, y)


def causal_attention_bwd(residuals, dy):
    """Gradient of causal attention, from the residuals and the cotangent dy.

    dP_ij = Σ_e v_je dy_ie
    da_ij = P_ij (dP_ij - Σ_e y_ie dy_ie) / √D
    dq_id = Σ_j k_jd da_ij
    dk_id = Σ_j q_jd da_ji
    dv_ie = Σ_j P_ji dy_je
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(causal_attention_bwd, residuals, dy)
    q, k, v, P, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != v.shape:
        raise ValueError(f"causal_attention_bwd takes dy (n, e) = {v.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = causal_attention_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dP = dy @ v.T  # Σ_e v_je dy_ie    (8)
    inner = np.vecdot(y, dy, keepdims=True)  # Σ_e y_ie dy_ie    (9)
    da = P * (dP - inner) / q.shape[-1] ** 0.5  # (10)
    dq = da @ k  # Σ_j k_jd da_ij    (11)
    dk = da.T @ q  # Σ_j q_jd da_ji    (12)
    dv = P.T @ dy  # Σ_j P_ji dy_je    (13)
    return dq, dk, dv


class CausalAttention:
    """Causal attention as a layer: `forward` keeps what `backward` needs."""

    def forward(self, q, k, v):
        y, self.residuals = causal_attention_fwd(q, k, v)
        return y

    def backward(self, dout):
        return causal_attention_bwd(self.residuals, dout)
