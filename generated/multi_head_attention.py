"""Attention of h heads side by side, each with its own queries, keys and values.

Made by symderive from the forward alone; to make it again:
    symderive derive multi_head_attention
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


def multi_head_attention(q, k, v):
    """Multi head attention, the value alone.

    q: (b, h, m, d)
    k: (b, h, n, d)
    v: (b, h, n, e)
    """
    y, _ = multi_head_attention_fwd(q, k, v)
    return y


def multi_head_attention_fwd(q, k, v):
    """The value, and what the gradient needs: (y, residuals)."""
    q = _real(q, "q")
    k = _real(k, "k")
    v = _real(v, "v")
    if (
        q.ndim != 4
        or k.ndim != 4
        or k.shape[0] != q.shape[0]
        or k.shape[1] != q.shape[1]
        or k.shape[3] != q.shape[3]
        or v.ndim != 4
        or v.shape[0] != q.shape[0]
        or v.shape[1] != q.shape[1]
        or v.shape[2] != k.shape[2]
    ):
        raise ValueError(
            "multi_head_attention takes q (b, h, m, d), k (b, h, n, d), v (b, h, n, e), not q "
            f"{q.shape}, k {k.shape}, v {v.shape}"
        )
    if len({q.dtype, k.dtype, v.dtype}) > 1:  # several dtypes: each gradient has that of its input
        return _widened(multi_head_attention_fwd, q, k, v)
    if q.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, P, _) = multi_head_attention_fwd(_single(q), _single(k), _single(v))
        y = y.astype(q.dtype)
        return y, (q, k, v, P, y)
    S = q @ np.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5  # Σ_d k_bhid q_bhmd / √D    (1)
    M = S.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j S_bhmj    (2)
    M[np.isinf(M)] = 0  # where finite, else 0    (3)
    E = np.exp(S - M)  # (4)
    s = E.sum(axis=-1, keepdims=True)  # Σ_j E_bhmj    (5)
    P = E / s  # (6)
    y = P @ v  # Σ_j P_bhmj v_bhje    (7)
    return y, (q, k, v, P, y)


def multi_head_attention_bwd(residuals, dy):
    """Gradient of multi head attention, from the residuals and the cotangent dy.

    dP_bhmi = Σ_e v_bhie dy_bhme
    da_bhmi = P_bhmi (dP_bhmi - Σ_e y_bhme dy_bhme) / √D
    dq_bhmd = Σ_j k_bhjd da_bhmj
    dk_bhid = Σ_m q_bhmd da_bhmi
    dv_bhie = Σ_m P_bhmi dy_bhme
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(multi_head_attention_bwd, residuals, dy)
    q, k, v, P, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(
            f"multi_head_attention_bwd takes dy (b, h, m, e) = {y.shape}, not {dy.shape}"
        )
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = multi_head_attention_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dP = dy @ np.swapaxes(v, -1, -2)  # Σ_e v_bhie dy_bhme    (8)
    inner = np.vecdot(y, dy, keepdims=True)  # Σ_e y_bhme dy_bhme    (9)
    da = P * (dP - inner) / q.shape[-1] ** 0.5  # (10)
    dq = da @ k  # Σ_j k_bhjd da_bhmj    (11)
    dk = np.swapaxes(da, -1, -2) @ q  # Σ_m q_bhmd da_bhmi    (12)
    dv = np.swapaxes(P, -1, -2) @ dy  # Σ_m P_bhmi dy_bhme    (13)
    return dq, dk, dv


class MultiHeadAttention:
    """Multi head attention as a layer: `forward` keeps what `backward` needs."""

    def forward(self, q, k, v):
        y, self.residuals = multi_head_attention_fwd(q, k, v)
        return y

    def backward(self, dout):
        return multi_head_attention_bwd(self.residuals, dout)
