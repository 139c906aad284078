"""Two affine layers with a ReLU between them.

Made by symderive from the forward alone; to make it again:
    symderive derive mlp
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


def mlp(x, w1, b1, w2, b2):
    """Mlp, the value alone.

    x: (b, n)
    w1: (h, n)
    b1: (h,)
    w2: (m, h)
    b2: (m,)
    """
    y, _ = mlp_fwd(x, w1, b1, w2, b2)
    return y


def mlp_fwd(x, w1, b1, w2, b2):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    w1 = _real(w1, "w1")
    b1 = _real(b1, "b1")
    w2 = _real(w2, "w2")
    b2 = _real(b2, "b2")
    if (
        x.ndim != 2
        or w1.ndim != 2
        or w1.shape[1] != x.shape[1]
        or b1.ndim != 1
        or b1.shape[0] != w1.shape[0]
        or w2.ndim != 2
        or w2.shape[1] != w1.shape[0]
        or b2.ndim != 1
        or b2.shape[0] != w2.shape[0]
    ):
        raise ValueError(
            f"mlp takes x (b, n), w1 (h, n), b1 (h), w2 (m, h), b2 (m), not x {x.shape}, w1 "
            f"{w1.shape}, b1 {b1.shape}, w2 {w2.shape}, b2 {b2.shape}"
        )
    if len({x.dtype, w1.dtype, b1.dtype, w2.dtype, b2.dtype}) > 1:
        return _widened(mlp_fwd, x, w1, b1, w2, b2)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, _, a) = mlp_fwd(_single(x), _single(w1), _single(b1), _single(w2), _single(b2))
        y = y.astype(x.dtype)
        return y, (x, w1, b1, w2, a)
    a = x @ w1.T  # Σ_j w1_hj x_bj    (1)
    h = np.maximum(a + b1, 0)  # (2)
    y = b2 + h @ w2.T  # b2_m + Σ_h h_bh w2_mh    (3)
    return y, (x, w1, b1, w2, a)


def mlp_bwd(residuals, dy):
    """Gradient of mlp, from the residuals and the cotangent dy.

    dh_bh = Σ_m w2_mh dy_bm
    da_bh = dh_bh [a_bh + b1_h > 0]
    dx_bi = Σ_h w1_hi da_bh
    dw1_hi = Σ_b x_bi da_bh
    db1_h = Σ_b da_bh
    dw2_mh = Σ_b dy_bm maximum(a_bh + b1_h, 0)
    db2_m = Σ_b dy_bm
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(mlp_bwd, residuals, dy)
    x, w1, b1, w2, a = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != w2.shape[0]:
        raise ValueError(f"mlp_bwd takes dy (b, m), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = mlp_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    a_plus_b1 = a + b1  # (4)
    da = np.where(a_plus_b1 > 0, dy @ w2, 0)  # [a_plus_b1_bh > 0] Σ_m w2_mh dy_bm    (5)
    dx = da @ w1  # Σ_h w1_hi da_bh    (6)
    dw1 = da.T @ x  # Σ_b x_bi da_bh    (7)
    db1 = da.sum(axis=0)  # Σ_b da_bh    (8)
    dw2 = dy.T @ np.maximum(a_plus_b1, 0)  # Σ_b dy_bm maximum(a_plus_b1_bh, 0)    (9)
    db2 = dy.sum(axis=0)  # Σ_b dy_bm    (10)
    return dx, dw1, db1, dw2, db2


class Mlp:
    """Mlp as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, w1, b1, w2, b2):
        y, self.residuals = mlp_fwd(x, w1, b1, w2, b2)
        return y

    def backward(self, dout):
        return mlp_bwd(self.residuals, dout)
