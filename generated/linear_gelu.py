"""An affine layer and its GELU in one.

Made by symderive from the forward alone; to make it again:
    symderive derive linear_gelu
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


def _polynomial(coefficients, x):
    """By Horner's rule, the highest power first."""
    highest, *between, last = coefficients
    total = highest * x
    for coefficient in between:
        total += coefficient
        total *= x
    total += last
    return total


# exp(x²) erfc(x) for x >= 0 as a quotient of polynomials without a negative coefficient: nothing
# cancels. By the bytes of a number; relative errors of 6e-9 and 5e-17.
_ERFC = {
    4: (
        (0.0328744362271, 0.22959188038, 0.732388964005, 1.23916217703, 1.00000000582),
        (0.058267735528, 0.406967038843, 1.32683323989, 2.40386449216, 2.36754193049, 1),
    ),
    8: (
        (6.264856662736890e-05, 0.001191163914508333, 0.01108933843722674, 0.06539216351738307,
         0.2671345521709859, 0.7813108099758363, 1.636264999325781, 2.375741855098717,
         2.191458048651751, 1),
        (1.110416931727243e-04, 0.002111283067281232, 0.01971086146685711, 0.1169602334516761,
         0.4832558185899748, 1.441733941791932, 3.127258143942471, 4.847987035399226,
         5.121777007496924, 3.319837215747249, 1),
    ),
}  # fmt: skip


def _erfc_above(x):
    """1 - erf(x) for x >= 0."""
    x = np.minimum(x, 27.5)
    top, bottom = _ERFC[min(x.dtype.itemsize, 8)]
    coarse = np.trunc(16 * x) / 16  # so that exp(-x²) loses nothing to the rounding of x²
    tail = np.exp(-coarse * coarse) * np.exp((coarse - x) * (coarse + x))
    tail *= _polynomial(top, x)
    tail /= _polynomial(bottom, x)
    return tail


def _erfc(x):
    """1 - erf(x), without cancellation in the tail; 2 - erfc(-x) for negative x."""
    return np.copysign(_erfc_above(np.abs(x)), x) + (1 - np.copysign(1, x))


def linear_gelu(x, weight, bias):
    """Linear gelu, the value alone.

    x: (b, n)
    weight: (m, n)
    bias: (m,)
    """
    y, _ = linear_gelu_fwd(x, weight, bias)
    return y


def linear_gelu_fwd(x, weight, bias):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    weight = _real(weight, "weight")
    bias = _real(bias, "bias")
    if (
        x.ndim != 2
        or weight.ndim != 2
        or weight.shape[1] != x.shape[1]
        or bias.ndim != 1
        or bias.shape[0] != weight.shape[0]
    ):
        raise ValueError(
            f"linear_gelu takes x (b, n), weight (m, n), bias (m), not x {x.shape}, weight "
            f"{weight.shape}, bias {bias.shape}"
        )
    if len({x.dtype, weight.dtype, bias.dtype}) > 1:
        return _widened(linear_gelu_fwd, x, weight, bias)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, h, c) = linear_gelu_fwd(_single(x), _single(weight), _single(bias))
        y = y.astype(x.dtype)
        return y, (x, weight, h, c)
    h = bias + x @ weight.T  # bias_m + Σ_j weight_mj x_bj    (1)
    c = _erfc(-h / 2**0.5)  # (2)
    y = 0.5 * c * h  # (3)
    return y, (x, weight, h, c)


def linear_gelu_bwd(residuals, dy):
    """Gradient of linear gelu, from the residuals and the cotangent dy.

    da_bm = dy_bm (c_bm / 2 + h_bm exp(-h_bm² / 2) / (√(2) √(π)))
    dx_bi = Σ_m weight_mi da_bm
    dweight_mi = Σ_b x_bi da_bm
    dbias_m = Σ_b da_bm
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(linear_gelu_bwd, residuals, dy)
    x, weight, h, c = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != h.shape:
        raise ValueError(f"linear_gelu_bwd takes dy (b, m) = {h.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = linear_gelu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    da = dy * (0.5 * c + h * np.exp(-0.5 * h**2) / (2**0.5 * np.pi**0.5))  # (4)
    dx = da @ weight  # Σ_m weight_mi da_bm    (5)
    dweight = da.T @ x  # Σ_b x_bi da_bm    (6)
    dbias = da.sum(axis=0)  # Σ_b da_bm    (7)
    return dx, dweight, dbias


class LinearGelu:
    """Linear gelu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, weight, bias):
        y, self.residuals = linear_gelu_fwd(x, weight, bias)
        return y

    def backward(self, dout):
        return linear_gelu_bwd(self.residuals, dout)
