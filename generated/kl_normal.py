"""The divergence of a diagonal normal from the standard one: the prior of a VAE.

Made by symderive from the forward alone; to make it again:
    symderive derive kl_normal
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


def kl_normal(mu, log_var):
    """Kl normal, the value alone.

    mu: (b, n)
    log_var: (b, n)
    """
    y, _ = kl_normal_fwd(mu, log_var)
    return y


def kl_normal_fwd(mu, log_var):
    """The value, and what the gradient needs: (y, residuals)."""
    mu = _real(mu, "mu")
    log_var = _real(log_var, "log_var")
    if (
        mu.ndim != 2
        or log_var.ndim != 2
        or log_var.shape[0] != mu.shape[0]
        or log_var.shape[1] != mu.shape[1]
    ):
        raise ValueError(
            f"kl_normal takes mu (b, n), log_var (b, n), not mu {mu.shape}, log_var {log_var.shape}"
        )
    if mu.dtype != log_var.dtype:  # several dtypes: each gradient has that of its input
        return _widened(kl_normal_fwd, mu, log_var)
    if mu.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, expm1) = kl_normal_fwd(_single(mu), _single(log_var))
        y = y.astype(mu.dtype)
        return y, (mu, expm1)
    expm1 = np.expm1(log_var)  # (1)
    total = np.sum(expm1 + mu**2 - log_var, axis=-1)  # Σ_j (expm1_bj + mu_bj² - log_var_bj)    (2)
    y = 0.5 * total.mean()  # Σ_b total_b / (2 B)    (3)
    return y, (mu, expm1)


def kl_normal_bwd(residuals, dy):
    """Gradient of kl normal, from the residuals and the cotangent dy.

    dmu_bi = mu_bi dy / B
    dlog_var_bi = expm1_bi dy / (2 B)
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(kl_normal_bwd, residuals, dy)
    mu, expm1 = residuals
    dy = _real(dy, "dy", mu.dtype)
    if dy.ndim != 0:
        raise ValueError(f"kl_normal_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = kl_normal_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dmu = mu * dy / mu.shape[0]  # (4)
    dlog_var = 0.5 * expm1 * dy / mu.shape[0]  # (5)
    return dmu, dlog_var


class KlNormal:
    """Kl normal as a layer: `forward` keeps what `backward` needs."""

    def forward(self, mu, log_var):
        y, self.residuals = kl_normal_fwd(mu, log_var)
        return y

    def backward(self, dout):
        return kl_normal_bwd(self.residuals, dout)
