"""A bell curve of the distance of every pair, with a learned width.

Made by symderive from the forward alone; to make it again:
    symderive derive rbf_kernel
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


def rbf_kernel(x, z, gamma):
    """Rbf kernel, the value alone.

    x: (m, d)
    z: (n, d)
    gamma: a number
    """
    y, _ = rbf_kernel_fwd(x, z, gamma)
    return y


def rbf_kernel_fwd(x, z, gamma):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    gamma = _number(gamma, "gamma", x, z)
    if x.ndim != 2 or z.ndim != 2 or z.shape[1] != x.shape[1] or gamma.ndim != 0:
        raise ValueError(
            f"rbf_kernel takes x (m, d), z (n, d), gamma (), not x {x.shape}, z {z.shape}, gamma "
            f"{gamma.shape}"
        )
    if len({x.dtype, z.dtype, gamma.dtype}) > 1:
        return _widened(rbf_kernel_fwd, x, z, gamma)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, D, _) = rbf_kernel_fwd(_single(x), _single(z), _single(gamma))
        y = y.astype(x.dtype)
        return y, (x, z, gamma, D, y)
    D = np.sum((x[:, :, None] - z.T) ** 2, axis=1)  # Σ_d (x_md - z_id)²    (1)
    y = np.exp(-gamma * D)  # (2)
    return y, (x, z, gamma, D, y)


def rbf_kernel_bwd(residuals, dy):
    """Gradient of rbf kernel, from the residuals and the cotangent dy.

    mean_d = [∞ > |Σ_m x_md / M|] Σ_m x_md / M
    x_c_md = x_md - mean_d
    z_c_id = z_id - mean_d
    dx_md = 2 gamma (Σ_j y_mj z_c_jd dy_mj - x_c_md Σ_j y_mj dy_mj)
    dz_id = 2 gamma Σ_m y_mi dy_mi (x_md - z_id)
    dgamma = -Σ_mj D_mj y_mj dy_mj
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(rbf_kernel_bwd, residuals, dy)
    x, z, gamma, D, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != D.shape:
        raise ValueError(f"rbf_kernel_bwd takes dy (m, n) = {D.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = rbf_kernel_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    mean_x = x.mean(axis=0)  # Σ_m x_md / M    (3)
    mean = np.where(np.abs(mean_x) < np.inf, mean_x, 0)  # (4)
    y_dy = y * dy  # (5)
    inner = y_dy @ (z - mean)  # Σ_j y_dy_mj (z_jd - mean_d)    (6)
    sum_y_dy = y_dy.sum(axis=-1, keepdims=True)  # Σ_j y_dy_mj    (7)
    dx = 2 * gamma * (inner - sum_y_dy * (x - mean))  # (8)
    # Σ_m y_dy_mi (x_md - z_id)    (9)
    inner_y_dy_x_z = np.sum(y_dy[:, None] * (x[:, :, None] - z.T), axis=0)
    dz = 2 * gamma * inner_y_dy_x_z.T  # (10)
    dgamma = -np.sum(D * y_dy)  # -Σ_mj D_mj y_dy_mj    (11)
    return dx, dz, dgamma


class RbfKernel:
    """Rbf kernel as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, gamma):
        y, self.residuals = rbf_kernel_fwd(x, z, gamma)
        return y

    def backward(self, dout):
        return rbf_kernel_bwd(self.residuals, dout)
