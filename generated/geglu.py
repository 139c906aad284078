"""x gated by the GELU of another projection, as in T5.

Made by symderive from the forward alone; to make it again:
    symderive derive geglu
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


def geglu(x, gate):
    """Geglu, the value alone.

    x: (b, n)
    gate: (b, n)
    """
    y, _ = geglu_fwd(x, gate)
    return y


def geglu_fwd(x, gate):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    gate = _real(gate, "gate")
    if x.ndim != 2 or gate.ndim != 2 or gate.shape[0] != x.shape[0] or gate.shape[1] != x.shape[1]:
        raise ValueError(f"geglu takes x (b, n), gate (b, n), not x {x.shape}, gate {gate.shape}")
    if x.dtype.itemsize < 4 or gate.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, c) = geglu_fwd(_single(x), _single(gate))
        y = y.astype(np.result_type(x, gate))
        return y, (x, gate, c)
    c = _erfc(-gate / 2**0.5)  # (1)
    y = 0.5 * c * gate * x  # (2)
    return y, (x, gate, c)


def geglu_bwd(residuals, dy):
    """Gradient of geglu, from the residuals and the cotangent dy.

    dx_bi = c_bi gate_bi dy_bi / 2
    dgate_bi = x_bi dy_bi (c_bi / 2 + gate_bi exp(-gate_bi² / 2) / (√(2) √(π)))
    """
    x, gate, c = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.shape != x.shape:
        raise ValueError(f"geglu_bwd takes dy (b, n) = {x.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = geglu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = 0.5 * c * gate * dy  # (3)
    dgate = x * (0.5 * c + gate * np.exp(-0.5 * gate**2) / (2**0.5 * np.pi**0.5)) * dy  # (4)
    return dx, dgate


class Geglu:
    """Geglu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, gate):
        y, self.residuals = geglu_fwd(x, gate)
        return y

    def backward(self, dout):
        return geglu_bwd(self.residuals, dout)
