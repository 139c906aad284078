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
    if x.dtype != gate.dtype:  # several dtypes: each gradient has that of its input
        return _widened(geglu_fwd, x, gate)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, c) = geglu_fwd(_single(x), _single(gate))
        y = y.astype(x.dtype)
        return y, (x, gate, c)
    c = _erfc(-gate / 2**0.5)  # (1)
    y = 0.5 * c * gate * x  # (2)
    return y, (x, gate, c)


def geglu_bwd(residuals, dy):
    """Gradient of geglu, from the residuals and the cotangent dy.

    dx_bi = c_bi gate_bi dy_bi / 2
    dgate_bi = x_bi dy_bi (c_bi / 2 + gate_bi exp(-gate_bi² / 2) / (√(2) √(π)))
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(geglu_bwd, residuals, dy)
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
