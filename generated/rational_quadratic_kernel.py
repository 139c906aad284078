"""A mixture of bell curves of all widths.

Made by symderive from the forward alone; to make it again:
    symderive derive rational_quadratic_kernel
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


def rational_quadratic_kernel(x, z, alpha):
    """Rational quadratic kernel, the value alone.

    x: (m, d)
    z: (n, d)
    alpha: a number
    """
    y, _ = rational_quadratic_kernel_fwd(x, z, alpha)
    return y


def rational_quadratic_kernel_fwd(x, z, alpha):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    alpha = _number(alpha, "alpha", x, z)
    if x.ndim != 2 or z.ndim != 2 or z.shape[1] != x.shape[1] or alpha.ndim != 0:
        raise ValueError(
            f"rational_quadratic_kernel takes x (m, d), z (n, d), alpha (), not x {x.shape}, z "
            f"{z.shape}, alpha {alpha.shape}"
        )
    if len({x.dtype, z.dtype, alpha.dtype}) > 1:
        return _widened(rational_quadratic_kernel_fwd, x, z, alpha)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, D, _) = rational_quadratic_kernel_fwd(_single(x), _single(z), _single(alpha))
        y = y.astype(x.dtype)
        return y, (x, z, alpha, D, y)
    D = np.sum((x[:, :, None] - z.T) ** 2, axis=1)  # Σ_d (x_md - z_id)²    (1)
    y = (1 + 0.5 * D / alpha) ** -alpha  # (2)
    return y, (x, z, alpha, D, y)


def rational_quadratic_kernel_bwd(residuals, dy):
    """Gradient of rational quadratic kernel, from the residuals and the cotangent dy.

    dx_md = -Σ_j dy_mj (1 + D_mj / (2 alpha))^(-1 - alpha) (x_md - z_jd)
    dz_id = Σ_m dy_mi (1 + D_mi / (2 alpha))^(-1 - alpha) (x_md - z_id)
    dalpha = Σ_mj D_mj dy_mj (1 + D_mj / (2 alpha))^(-1 - alpha) / (2 alpha) - Σ_mj y_mj dy_mj
        log1p(D_mj / (2 alpha))
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(rational_quadratic_kernel_bwd, residuals, dy)
    x, z, alpha, D, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != D.shape:
        raise ValueError(
            f"rational_quadratic_kernel_bwd takes dy (m, n) = {D.shape}, not {dy.shape}"
        )
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = rational_quadratic_kernel_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    alpha_D = 0.5 * D / alpha  # (3)
    power = (1 + alpha_D) ** (-1 - alpha)  # (4)
    power_dy = power * dy  # (5)
    dy_D_alpha_x_z = power_dy[:, None] * (x[:, :, None] - z.T)  # (6)
    dx = -dy_D_alpha_x_z.sum(axis=-1)  # -Σ_j dy_D_alpha_x_z_mjd    (7)
    dz = dy_D_alpha_x_z.sum(axis=0).T  # Σ_m dy_D_alpha_x_z_mid    (8)
    # Σ_mj y_mj dy_mj log1p(alpha_D_mj)    (9)
    sum_y_dy_alpha_D = np.sum(y * dy * np.log1p(alpha_D))
    inner = np.sum(D * power_dy)  # Σ_mj D_mj power_dy_mj    (10)
    dalpha = 0.5 * inner / alpha - sum_y_dy_alpha_D  # (11)
    return dx, dz, dalpha


class RationalQuadraticKernel:
    """Rational quadratic kernel as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, alpha):
        y, self.residuals = rational_quadratic_kernel_fwd(x, z, alpha)
        return y

    def backward(self, dout):
        return rational_quadratic_kernel_bwd(self.residuals, dout)
