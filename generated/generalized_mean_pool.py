"""The power mean with a learned power: average at 1, maximum at infinity.

Made by symderive from the forward alone; to make it again:
    symderive derive generalized_mean_pool
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


def _number(value, name, *others):
    """What may be one real number; a number of Python has the dtype of the others."""
    weak = (int, float)
    if type(value) not in weak:
        return _real(value, name)
    dtypes = [_real(other, name).dtype for other in others if type(other) not in weak]
    return _real(value, name, np.result_type(*dtypes) if dtypes else None)


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


def generalized_mean_pool(x, p):
    """Generalized mean pool, the value alone.

    x: (b, n)
    p: a number
    """
    y, _ = generalized_mean_pool_fwd(x, p)
    return y


def generalized_mean_pool_fwd(x, p):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    p = _number(p, "p", x)
    if x.ndim != 2 or p.ndim != 0:
        raise ValueError(
            f"generalized_mean_pool takes x (b, n), p (), not x {x.shape}, p {p.shape}"
        )
    if x.dtype != p.dtype:  # several dtypes: each gradient has that of its input
        return _widened(generalized_mean_pool_fwd, x, p)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, c, u, mu, power_mu, _) = generalized_mean_pool_fwd(_single(x), _single(p))
        y = y.astype(x.dtype)
        return y, (x, p, c, u, mu, power_mu, y)
    m = x.max(axis=-1, initial=-np.inf)  # max_j x_bj    (1)
    m[np.isinf(m)] = 0  # where finite, else 0    (2)
    c = (m == 0) + m  # (3)
    z = x / c[:, None]  # (4)
    u = z**p  # (5)
    mu = u.mean(axis=-1)  # Σ_j u_bj / n    (6)
    power_mu = mu ** (1 / p)  # (7)
    y = c * power_mu  # (8)
    return y, (x, p, c, u, mu, power_mu, y)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def generalized_mean_pool_bwd(residuals, dy):
    """Gradient of generalized mean pool, from the residuals and the cotangent dy.

    dx_bi = mu_b^(1/p - 1) z_bi^(p - 1) dy_b / n
    dp = (Σ_b c_b mu_b^(1/p - 1) dy_b Σ_j u_bj log(z_bj) [u_bj ≠ 0] / n - Σ_b y_b dy_b log(mu_b)
        [mu_b^(1/p) ≠ 0] / p) / p
    """
    if len(residuals) > 7:  # with the dtypes of the inputs
        return _narrowed(generalized_mean_pool_bwd, residuals, dy)
    x, p, c, u, mu, power_mu, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != c.shape:
        raise ValueError(f"generalized_mean_pool_bwd takes dy (b) = {c.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = generalized_mean_pool_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    z = x / c[:, None]  # (4)
    power_mu_2 = mu ** (1 / p - 1)  # (9)
    power_mu_2_dy = power_mu_2 * dy  # (10)
    dx = power_mu_2_dy[:, None] * z ** (p - 1) / x.shape[-1]  # (11)
    # Σ_j u_bj log(z_bj) [u_bj ≠ 0]    (12)
    sum_u_z = np.sum(np.where(u != 0, u * np.log(z), 0), axis=-1)
    # Σ_b c_b power_mu_2_dy_b sum_u_z_b    (13)
    sum_c_power_mu_2_dy_sum_u_z = np.vecdot(c, power_mu_2_dy * sum_u_z)
    # Σ_b y_b dy_b log(mu_b) [power_mu_b ≠ 0]    (14)
    sum_y_dy_mu_power_mu = np.sum(np.where(power_mu != 0, y * dy * np.log(mu), 0))
    dp = (sum_c_power_mu_2_dy_sum_u_z / x.shape[-1] - sum_y_dy_mu_power_mu / p) / p  # (15)
    return dx, dp


class GeneralizedMeanPool:
    """Generalized mean pool as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, p):
        y, self.residuals = generalized_mean_pool_fwd(x, p)
        return y

    def backward(self, dout):
        return generalized_mean_pool_bwd(self.residuals, dout)
