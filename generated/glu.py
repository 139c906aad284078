"""x gated by the sigmoid of another projection.

Made by symderive from the forward alone; to make it again:
    symderive derive glu
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


def glu(x, gate):
    """Glu, the value alone.

    x: (b, n)
    gate: (b, n)
    """
    y, _ = glu_fwd(x, gate)
    return y


def glu_fwd(x, gate):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    gate = _real(gate, "gate")
    if x.ndim != 2 or gate.ndim != 2 or gate.shape[0] != x.shape[0] or gate.shape[1] != x.shape[1]:
        raise ValueError(f"glu takes x (b, n), gate (b, n), not x {x.shape}, gate {gate.shape}")
    if x.dtype != gate.dtype:  # several dtypes: each gradient has that of its input
        return _widened(glu_fwd, x, gate)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (s, _) = glu_fwd(_single(x), _single(gate))
        y = y.astype(x.dtype)
        return y, (s, y)
    s = _sigmoid(gate)  # (1)
    y = s * x  # (2)
    return y, (s, y)


def glu_bwd(residuals, dy):
    """Gradient of glu, from the residuals and the cotangent dy.

    dx_bi = s_bi dy_bi
    dgate_bi = y_bi dy_bi (1 - s_bi)
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(glu_bwd, residuals, dy)
    s, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != s.shape:
        raise ValueError(f"glu_bwd takes dy (b, n) = {s.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = glu_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = s * dy  # (3)
    dgate = y * (1 - s) * dy  # (4)
    return dx, dgate


class Glu:
    """Glu as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, gate):
        y, self.residuals = glu_fwd(x, gate)
        return y

    def backward(self, dout):
        return glu_bwd(self.residuals, dout)
