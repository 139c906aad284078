"""Softmax of scores with given Gumbel noise: a sample of a category that has a gradient.

Made by symderive from the forward alone; to make it again:
    symderive derive gumbel_softmax
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


def gumbel_softmax(x, noise, tau=1.0):
    """Gumbel softmax, the value alone.

    x: (b, n)
    noise: (b, n)
    """
    y, _ = gumbel_softmax_fwd(x, noise, tau=tau)
    return y


def gumbel_softmax_fwd(x, noise, tau=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    noise = _real(noise, "noise")
    if (
        x.ndim != 2
        or noise.ndim != 2
        or noise.shape[0] != x.shape[0]
        or noise.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"gumbel_softmax takes x (b, n), noise (b, n), not x {x.shape}, noise {noise.shape}"
        )
    if x.dtype != noise.dtype:  # several dtypes: each gradient has that of its input
        return _widened(gumbel_softmax_fwd, x, noise, tau=tau)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = gumbel_softmax_fwd(_single(x), _single(noise), tau=tau)
        y = y.astype(x.dtype)
        return y, (y,)
    tau_noise_x = (noise + x) / tau  # (1)
    m = tau_noise_x.max(axis=-1, keepdims=True, initial=-np.inf)  # max_j tau_noise_x_bj    (2)
    m[np.isinf(m)] = 0  # where finite, else 0    (3)
    e = np.exp(tau_noise_x - m)  # (4)
    s = e.sum(axis=-1, keepdims=True)  # Σ_j e_bj    (5)
    y = e / s  # (6)
    return y, (y,)


def gumbel_softmax_bwd(residuals, dy, tau=1.0):
    """Gradient of gumbel softmax, from the residuals and the cotangent dy.

    dx_bi = y_bi (dy_bi - Σ_j y_bj dy_bj) / tau
    dnoise_bi = dx_bi
    """
    if len(residuals) > 1:  # with the dtypes of the inputs
        return _narrowed(gumbel_softmax_bwd, residuals, dy, tau=tau)
    (y,) = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"gumbel_softmax_bwd takes dy (b, n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = gumbel_softmax_bwd(tuple(map(_single, residuals)), _single(dy), tau=tau)
        return tuple(g.astype(dy.dtype) for g in gradients)
    inner = np.vecdot(y, dy, keepdims=True)  # Σ_j y_bj dy_bj    (7)
    dx = y * (dy - inner) / tau  # (8)
    dnoise = dx.copy()  # (9)
    return dx, dnoise


class GumbelSoftmax:
    """Gumbel softmax as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, noise, tau=1.0):
        self.tau = tau
        y, self.residuals = gumbel_softmax_fwd(x, noise, tau=tau)
        return y

    def backward(self, dout):
        return gumbel_softmax_bwd(self.residuals, dout, tau=self.tau)
