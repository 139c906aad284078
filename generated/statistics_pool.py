"""Mean and standard deviation of a sequence side by side, as in x-vectors.

Made by symderive from the forward alone; to make it again:
    symderive derive statistics_pool
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


def statistics_pool(x, eps=1e-05):
    """Statistics pool, the value alone.

    x: (b, s, d)
    """
    y, _ = statistics_pool_fwd(x, eps=eps)
    return y


def statistics_pool_fwd(x, eps=1e-05):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    if x.ndim != 3:
        raise ValueError(f"statistics_pool takes x (b, s, d), not x {x.shape}")
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y_, (_, mu, sigma) = statistics_pool_fwd(_single(x), eps=eps)
        y_ = y_.astype(x.dtype)
        return y_, (x, mu, sigma)
    mu = x.mean(axis=1)  # Σ_s x_bsd / S    (1)
    v = np.mean((x - mu[:, None]) ** 2, axis=1)  # Σ_s (x_bsd - mu_bd)² / S    (2)
    sigma = np.sqrt(eps + v)  # (3)
    y = np.stack([mu, sigma], axis=-2)  # mu_bd δ(0, k2) + sigma_bd δ(1, k2)    (4)
    return y.reshape(y.shape[-3], 2 * y.shape[-1]), (x, mu, sigma)


def statistics_pool_bwd(residuals, dy):
    """Gradient of statistics pool, from the residuals and the cotangent dy.

    dx_bsd = dy_b0d / S + dy_b1d (x_bsd - mu_bd) / (S sigma_bd)
    """
    x, mu, sigma = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 2 or dy.shape[0] != x.shape[0] or dy.shape[1] != 2 * x.shape[2]:
        raise ValueError(f"statistics_pool_bwd takes dy (b, 2 d), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = statistics_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.reshape(dy.shape[-2], 2, x.shape[-1])
    # dy_b0d / S + dy_b1d (x_bsd - mu_bd) / (S sigma_bd)    (5)
    return (
        dy[:, 0][:, None] / x.shape[-2]
        + dy[:, 1][:, None] * (x - mu[:, None]) / (x.shape[-2] * sigma[:, None]),
    )


class StatisticsPool:
    """Statistics pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, eps=1e-05):
        y, self.residuals = statistics_pool_fwd(x, eps=eps)
        return y

    def backward(self, dout):
        (dx,) = statistics_pool_bwd(self.residuals, dout)
        return dx
