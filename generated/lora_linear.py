"""A linear layer with a learned change of low rank.

Made by symderive from the forward alone; to make it again:
    symderive derive lora_linear
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


def lora_linear(x, weight, down, up):
    """Lora linear, the value alone.

    x: (b, n)
    weight: (m, n)
    down: (r, n)
    up: (m, r)
    """
    y, _ = lora_linear_fwd(x, weight, down, up)
    return y


def lora_linear_fwd(x, weight, down, up):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    down = _real(down, "down")
    up = _real(up, "up")
    if (
        x.ndim != 2
        or weight.ndim != 2
        or weight.shape[1] != x.shape[1]
        or down.ndim != 2
        or down.shape[1] != x.shape[1]
        or up.ndim != 2
        or up.shape[0] != weight.shape[0]
        or up.shape[1] != down.shape[0]
    ):
        raise ValueError(
            f"lora_linear takes x (b, n), weight (m, n), down (r, n), up (m, r), not x {x.shape}, "
            f"weight {weight.shape}, down {down.shape}, up {up.shape}"
        )
    if len({x.dtype, weight.dtype, down.dtype, up.dtype}) > 1:
        return _widened(lora_linear_fwd, x, weight, down, up)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = lora_linear_fwd(_single(x), _single(weight), _single(down), _single(up))
        y = y.astype(x.dtype)
        return y, (x, weight, down, up)
    inner = x @ down.T  # Σ_j x_bj down_rj    (1)
    a3 = inner @ up.T  # Σ_r inner_br up_mr    (2)
    y = a3 + x @ weight.T  # a3_bm + Σ_j weight_mj x_bj    (3)
    return y, (x, weight, down, up)


def lora_linear_bwd(residuals, dy):
    """Gradient of lora linear, from the residuals and the cotangent dy.

    da2_br = Σ_m up_mr dy_bm
    dx_bi = Σ_r da2_br down_ri + Σ_m weight_mi dy_bm
    dweight_mi = Σ_b x_bi dy_bm
    ddown_ri = Σ_b x_bi da2_br
    dup_mr = Σ_j down_rj Σ_b x_bj dy_bm
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(lora_linear_bwd, residuals, dy)
    x, weight, down, up = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != weight.shape[0]:
        raise ValueError(f"lora_linear_bwd takes dy (b, m), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = lora_linear_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    da2 = dy @ up  # Σ_m up_mr dy_bm    (4)
    dx = da2 @ down + dy @ weight  # Σ_r da2_br down_ri + Σ_m weight_mi dy_bm    (5)
    inner_x_dy = x.T @ dy  # Σ_b x_bi dy_bm    (6)
    dweight = inner_x_dy.T.copy()  # (7)
    ddown = da2.T @ x  # Σ_b x_bi da2_br    (8)
    dup = inner_x_dy.T @ down.T  # Σ_j inner_x_dy_jm down_rj    (9)
    return dx, dweight, ddown, dup


class LoraLinear:
    """Lora linear as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, down, up):
        y, self.residuals = lora_linear_fwd(x, weight, down, up)
        return y

    def backward(self, dout):
        return lora_linear_bwd(self.residuals, dout)
