"""The likelihood of a normal distribution with predicted mean and variance.

Made by symderive from the forward alone; to make it again:
    symderive derive gaussian_nll
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


def gaussian_nll(x, target, var):
    """Gaussian nll, the value alone.

    x: (b, n)
    target: (b, n)
    var: (b, n)
    """
    y, _ = gaussian_nll_fwd(x, target, var)
    return y


def gaussian_nll_fwd(x, target, var):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    var = _real(var, "var")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
        or var.ndim != 2
        or var.shape[0] != x.shape[0]
        or var.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"gaussian_nll takes x (b, n), target (b, n), var (b, n), not x {x.shape}, target "
            f"{target.shape}, var {var.shape}"
        )
    if len({x.dtype, target.dtype, var.dtype}) > 1:
        return _widened(gaussian_nll_fwd, x, target, var)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = gaussian_nll_fwd(_single(x), _single(target), _single(var))
        y = y.astype(x.dtype)
        return y, (x, target, var)
    # Σ_bj ((x_bj - target_bj)² / var_bj + log(var_bj)) / (2 n B)    (1)
    y = 0.5 * np.mean((x - target) ** 2 / var + np.log(var))
    return y, (x, target, var)


def gaussian_nll_bwd(residuals, dy):
    """Gradient of gaussian nll, from the residuals and the cotangent dy.

    dx_bi = dy (x_bi - target_bi) / (n B var_bi)
    dvar_bi = dy (1/2 - (x_bi - target_bi)² / (2 var_bi)) / (n B var_bi)
    dtarget_bi = -dx_bi
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(gaussian_nll_bwd, residuals, dy)
    x, target, var = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"gaussian_nll_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = gaussian_nll_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    x_minus_target = x - target  # (2)
    dx = x_minus_target * dy / (x.size * var)  # (3)
    dvar = dy * (0.5 - 0.5 * x_minus_target**2 / var) / (x.size * var)  # (4)
    dtarget = -dx  # (5)
    return dx, dtarget, dvar


class GaussianNll:
    """Gaussian nll as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target, var):
        y, self.residuals = gaussian_nll_fwd(x, target, var)
        return y

    def backward(self, dout):
        return gaussian_nll_bwd(self.residuals, dout)
