"""Attention with the kernel (elu + 1) in the place of the exponential: linear in the length.

Made by symderive from the forward alone; to make it again:
    symderive derive linear_attention
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


def linear_attention(q, k, v):
    """Linear attention, the value alone.

    q: (m, d)
    k: (n, d)
    v: (n, e)
    """
    y, _ = linear_attention_fwd(q, k, v)
    return y


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def linear_attention_fwd(q, k, v):
    """The value, and what the gradient needs: (y, residuals)."""
    q = _real(q, "q")
    k = _real(k, "k")
    v = _real(v, "v")
    if (
        q.ndim != 2
        or k.ndim != 2
        or k.shape[1] != q.shape[1]
        or v.ndim != 2
        or v.shape[0] != k.shape[0]
    ):
        raise ValueError(
            f"linear_attention takes q (m, d), k (n, d), v (n, e), not q {q.shape}, k {k.shape}, v "
            f"{v.shape}"
        )
    if len({q.dtype, k.dtype, v.dtype}) > 1:  # several dtypes: each gradient has that of its input
        return _widened(linear_attention_fwd, q, k, v)
    if q.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, phi_q, phi_k, a, s, a3, _) = linear_attention_fwd(
            _single(q), _single(k), _single(v)
        )
        y = y.astype(q.dtype)
        return y, (q, k, v, phi_q, phi_k, a, s, a3, y)
    phi_q = np.where(q > 0, 1 + q, np.exp(q))  # (1)
    phi_k = np.where(k > 0, 1 + k, np.exp(k))  # (2)
    a = phi_k.T @ v  # Σ_j phi_k_jd v_je    (3)
    s = phi_k.sum(axis=0)  # Σ_j phi_k_jd    (4)
    a3 = np.vecdot(s, phi_q)  # Σ_d s_d phi_q_md    (5)
    y = phi_q @ a / a3[:, None]  # Σ_d a_de phi_q_md / a3_m    (6)
    return y, (q, k, v, phi_q, phi_k, a, s, a3, y)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def linear_attention_bwd(residuals, dy):
    """Gradient of linear attention, from the residuals and the cotangent dy.

    da3_m = -Σ_e y_me dy_me / a3_m
    da2_me = dy_me / a3_m
    da_de = Σ_m phi_q_md da2_me
    dphi_k_id = Σ_e v_ie da_de + Σ_m phi_q_md da3_m
    dphi_q_md = s_d da3_m + Σ_e a_de da2_me
    dq_md = dphi_q_md ([q_md > 0] + exp(q_md) [0 ≥ q_md])
    dk_id = dphi_k_id ([k_id > 0] + exp(k_id) [0 ≥ k_id])
    dv_ie = Σ_d phi_k_id da_de
    """
    if len(residuals) > 9:  # with the dtypes of the inputs
        return _narrowed(linear_attention_bwd, residuals, dy)
    q, k, v, phi_q, phi_k, a, s, a3, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"linear_attention_bwd takes dy (m, e) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = linear_attention_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy)  # Σ_e y_me dy_me    (7)
    da3 = -inner / a3  # (8)
    da2 = dy / a3[:, None]  # (9)
    da = phi_q.T @ da2  # Σ_m phi_q_md da2_me    (10)
    inner_phi_q_da3 = da3 @ phi_q  # Σ_m phi_q_md da3_m    (11)
    dphi_k = inner_phi_q_da3 + v @ da.T  # inner_phi_q_da3_d + Σ_e v_ie da_de    (12)
    dphi_q = s * da3[:, None] + da2 @ a.T  # s_d da3_m + Σ_e a_de da2_me    (13)
    dq = dphi_q * np.where(q > 0, 1, np.exp(q))  # (14)
    dk = dphi_k * np.where(k > 0, 1, np.exp(k))  # (15)
    dv = phi_k @ da  # Σ_d phi_k_id da_de    (16)
    return dq, dk, dv


class LinearAttention:
    """Linear attention as a layer: `forward` keeps what `backward` needs."""

    def forward(self, q, k, v):
        y, self.residuals = linear_attention_fwd(q, k, v)
        return y

    def backward(self, dout):
        return linear_attention_bwd(self.residuals, dout)
