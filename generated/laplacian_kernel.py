"""An exponential of the absolute differences of every pair.

Made by symderive from the forward alone; to make it again:
    symderive derive laplacian_kernel
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


def laplacian_kernel(x, z, gamma):
    """Laplacian kernel, the value alone.

    x: (m, d)
    z: (n, d)
    gamma: a number
    """
    y, _ = laplacian_kernel_fwd(x, z, gamma)
    return y


def laplacian_kernel_fwd(x, z, gamma):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    gamma = _number(gamma, "gamma", x, z)
    if x.ndim != 2 or z.ndim != 2 or z.shape[1] != x.shape[1] or gamma.ndim != 0:
        raise ValueError(
            f"laplacian_kernel takes x (m, d), z (n, d), gamma (), not x {x.shape}, z {z.shape}, "
            f"gamma {gamma.shape}"
        )
    if len({x.dtype, z.dtype, gamma.dtype}) > 1:
        return _widened(laplacian_kernel_fwd, x, z, gamma)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, (_, _, _, D, _) = laplacian_kernel_fwd(_single(x), _single(z), _single(gamma))
        y = y.astype(x.dtype)
        return y, (x, z, gamma, D, y)
    D = np.sum(np.abs(x[:, :, None] - z.T), axis=1)  # Σ_d |x_md - z_id|    (1)
    y = np.exp(-gamma * D)  # (2)
    return y, (x, z, gamma, D, y)


def laplacian_kernel_bwd(residuals, dy):
    """Gradient of laplacian kernel, from the residuals and the cotangent dy.

    dx_md = -gamma Σ_j y_mj dy_mj sign(x_md - z_jd)
    dz_id = gamma Σ_m y_mi dy_mi sign(x_md - z_id)
    dgamma = -Σ_mj D_mj y_mj dy_mj
    """
    if len(residuals) > 5:  # with the dtypes of the inputs
        return _narrowed(laplacian_kernel_bwd, residuals, dy)
    x, z, gamma, D, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != D.shape:
        raise ValueError(f"laplacian_kernel_bwd takes dy (m, n) = {D.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = laplacian_kernel_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    y_dy = y * dy  # (3)
    y_dy_x_z = y_dy[:, None] * np.sign(x[:, :, None] - z.T)  # (4)
    sum_y_dy_x_z = y_dy_x_z.sum(axis=-1)  # Σ_j y_dy_x_z_mdj    (5)
    dx = -gamma * sum_y_dy_x_z  # (6)
    sum_y_dy_x_z_2 = y_dy_x_z.sum(axis=0)  # Σ_m y_dy_x_z_mdi    (7)
    dz = gamma * sum_y_dy_x_z_2.T  # (8)
    dgamma = -np.sum(D * y_dy)  # -Σ_mj D_mj y_dy_mj    (9)
    return dx, dz, dgamma


class LaplacianKernel:
    """Laplacian kernel as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, gamma):
        y, self.residuals = laplacian_kernel_fwd(x, z, gamma)
        return y

    def backward(self, dout):
        return laplacian_kernel_bwd(self.residuals, dout)
