"""The gated feed-forward block of LLaMA.

Made by symderive from the forward alone; to make it again:
    symderive derive swiglu_mlp
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


def _sigmoid(x):
    """1 / (1 + exp(-x)) without overflow: past 40 it is 1."""
    # many elements are looked through in less time than copied
    held = x if x.size >= 4096 and x.max() <= 40 else np.minimum(x, 40)
    e = np.exp(held)
    e /= 1 + e
    return e


def swiglu_mlp(x, w1, w2, w3):
    """Swiglu mlp, the value alone.

    x: (b, n)
    w1: (h, n)
    w2: (h, n)
    w3: (n, h)
    """
    y, _ = swiglu_mlp_fwd(x, w1, w2, w3)
    return y


def swiglu_mlp_fwd(x, w1, w2, w3):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    w1 = _real(w1, "w1")
    w2 = _real(w2, "w2")
    w3 = _real(w3, "w3")
    if (
        x.ndim != 2
        or w1.ndim != 2
        or w1.shape[1] != x.shape[1]
        or w2.ndim != 2
        or w2.shape[0] != w1.shape[0]
        or w2.shape[1] != x.shape[1]
        or w3.ndim != 2
        or w3.shape[0] != x.shape[1]
        or w3.shape[1] != w1.shape[0]
    ):
        raise ValueError(
            f"swiglu_mlp takes x (b, n), w1 (h, n), w2 (h, n), w3 (n, h), not x {x.shape}, w1 "
            f"{w1.shape}, w2 {w2.shape}, w3 {w3.shape}"
        )
    if len({x.dtype, w1.dtype, w2.dtype, w3.dtype}) > 1:
        return _widened(swiglu_mlp_fwd, x, w1, w2, w3)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, _, gate, a, h) = swiglu_mlp_fwd(
            _single(x), _single(w1), _single(w2), _single(w3)
        )
        y = y.astype(x.dtype)
        return y, (x, w1, w2, w3, gate, a, h)
    gate = x @ w1.T  # Σ_j w1_hj x_bj    (1)
    a = x @ w2.T  # Σ_j w2_hj x_bj    (2)
    h = a * gate * _sigmoid(gate)  # (3)
    y = h @ w3.T  # Σ_h h_bh w3_ih    (4)
    return y, (x, w1, w2, w3, gate, a, h)


def swiglu_mlp_bwd(residuals, dy):
    """Gradient of swiglu mlp, from the residuals and the cotangent dy.

    dh_bh = Σ_j w3_jh dy_bj
    da_bh = gate_bh dh_bh sigmoid(gate_bh)
    dgate_bh = a_bh (da_bh (1 - sigmoid(gate_bh)) + dh_bh sigmoid(gate_bh))
    dx_bi = Σ_h (w2_hi da_bh + w1_hi dgate_bh)
    dw1_hi = Σ_b x_bi dgate_bh
    dw2_hi = Σ_b x_bi da_bh
    dw3_ih = Σ_b h_bh dy_bi
    """
    if len(residuals) > 7:  # with the dtypes of the inputs
        return _narrowed(swiglu_mlp_bwd, residuals, dy)
    x, w1, w2, w3, gate, a, h = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"swiglu_mlp_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = swiglu_mlp_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dh = dy @ w3  # Σ_j w3_jh dy_bj    (5)
    sigmoid_gate = _sigmoid(gate)  # (6)
    sigmoid_gate_dh = sigmoid_gate * dh  # (7)
    da = gate * sigmoid_gate_dh  # (8)
    dgate = a * (da * (1 - sigmoid_gate) + sigmoid_gate_dh)  # (9)
    dx = da @ w2 + dgate @ w1  # Σ_h (w2_hi da_bh + w1_hi dgate_bh)    (10)
    dw1 = dgate.T @ x  # Σ_b x_bi dgate_bh    (11)
    dw2 = da.T @ x  # Σ_b x_bi da_bh    (12)
    dw3 = dy.T @ h  # Σ_b h_bh dy_bi    (13)
    return dx, dw1, dw2, dw3


class SwigluMlp:
    """Swiglu mlp as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, w1, w2, w3):
        y, self.residuals = swiglu_mlp_fwd(x, w1, w2, w3)
        return y

    def backward(self, dout):
        return swiglu_mlp_bwd(self.residuals, dout)
