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


def _ratio(coefficients, y):
    """A quotient of polynomials, each by Horner's rule."""
    (top, *above), (bottom, *below), *rest = coefficients
    for a, b in [*zip(above, below, strict=True), *rest]:
        top = top * y + a
        bottom = bottom * y + b
    return top / bottom


# W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969).
_NEAR = (
    (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021),
    (1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228),
    (3209.37758913846947, 2844.23683343917062),
)
_MIDDLE = (
    (2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295),
    (1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858),
    (298.635138197400131, 1621.38957456669019),
    (881.952221241769090, 3290.79923573345963),
    (1712.04761263407058, 4362.61909014324716),
    (2051.07837782607147, 3439.36767414372164),
    (1230.33935479799725, 1230.33935480374942),
)
_FAR = (
    (0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246),
    (1.0, 2.56852019228982242, 1.87295284992346725, 0.527905102951428412),
    (0.0160837851487422766, 0.0605183413124413191),
    (6.58749161529837803e-4, 0.00233520497626869185),
)


def _erf_parts(x):
    """erf(x) where |x| < 0.46875, and erfc(|x|) elsewhere."""
    size = np.minimum(np.abs(x), 30)
    middle = np.clip(size, 0.25, 4)
    far = np.maximum(size, 4)
    inverse = 1 / (far * far)
    tail = np.where(
        size <= 4,
        _ratio(_MIDDLE, middle),
        (0.564189583547756287 - inverse * _ratio(_FAR, inverse)) / far,
    )
    coarse = np.trunc(size * 16) / 16  # so that exp(-x²) loses nothing to the rounding of x²
    tail = tail * np.exp(-coarse * coarse) * np.exp((coarse - size) * (coarse + size))
    return x * _ratio(_NEAR, np.minimum(size, 1) ** 2), tail


def _erfc(x):
    """1 - erf(x), without cancellation in the tail."""
    near, tail = _erf_parts(x)
    return np.where(np.abs(x) <= 0.46875, 1 - near, np.where(x < 0, 2 - tail, tail))


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
    if x.dtype.itemsize < 4 or weight.dtype.itemsize < 4 or bias.dtype.itemsize < 4:
        y, (_, _, h, c) = linear_gelu_fwd(_single(x), _single(weight), _single(bias))
        y = y.astype(np.result_type(x, weight, bias))
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
