"""The square root of squared error plus eps²: an absolute error that is smooth at 0.

Made by symderive from the forward alone; to make it again:
    symderive derive charbonnier
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


def charbonnier(x, target, eps=0.001):
    """Charbonnier, the value alone.

    x: (b, n)
    target: (b, n)
    """
    y, _ = charbonnier_fwd(x, target, eps=eps)
    return y


def charbonnier_fwd(x, target, eps=0.001):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"charbonnier takes x (b, n), target (b, n), not x {x.shape}, target {target.shape}"
        )
    if x.dtype != target.dtype:  # several dtypes: each gradient has that of its input
        return _widened(charbonnier_fwd, x, target, eps=eps)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, r) = charbonnier_fwd(_single(x), _single(target), eps=eps)
        y = y.astype(x.dtype)
        return y, (x, target, r)
    r = np.sqrt(eps**2 + (x - target) ** 2)  # (1)
    y = r.mean()  # Σ_bj r_bj / (n B)    (2)
    return y, (x, target, r)


def charbonnier_bwd(residuals, dy):
    """Gradient of charbonnier, from the residuals and the cotangent dy.

    dx_bi = dy (x_bi - target_bi) / (n B r_bi)
    dtarget_bi = -dx_bi
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(charbonnier_bwd, residuals, dy)
    x, target, r = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"charbonnier_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = charbonnier_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dx = dy * (x - target) / (x.size * r)  # (3)
    dtarget = -dx  # (4)
    return dx, dtarget


class Charbonnier:
    """Charbonnier as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target, eps=0.001):
        y, self.residuals = charbonnier_fwd(x, target, eps=eps)
        return y

    def backward(self, dout):
        return charbonnier_bwd(self.residuals, dout)
