"""The tanh of a scaled inner product of every pair.

Made by symderive from the forward alone; to make it again:
    symderive derive sigmoid_kernel
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


def sigmoid_kernel(x, z, gamma=0.1, c=0.0):
    """Sigmoid kernel, the value alone.

    x: (m, d)
    z: (n, d)
    """
    y, _ = sigmoid_kernel_fwd(x, z, gamma=gamma, c=c)
    return y


def sigmoid_kernel_fwd(x, z, gamma=0.1, c=0.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    z = _real(z, "z")
    if x.ndim != 2 or z.ndim != 2 or z.shape[1] != x.shape[1]:
        raise ValueError(f"sigmoid_kernel takes x (m, d), z (n, d), not x {x.shape}, z {z.shape}")
    if x.dtype != z.dtype:  # several dtypes: each gradient has that of its input
        return _widened(sigmoid_kernel_fwd, x, z, gamma=gamma, c=c)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = sigmoid_kernel_fwd(_single(x), _single(z), gamma=gamma, c=c)
        y = y.astype(x.dtype)
        return y, (x, z, y)
    a = x @ z.T  # Σ_d x_md z_id    (1)
    y = np.tanh(gamma * a + c)  # (2)
    return y, (x, z, y)


def sigmoid_kernel_bwd(residuals, dy, gamma=0.1):
    """Gradient of sigmoid kernel, from the residuals and the cotangent dy.

    da_mi = dy_mi (gamma - gamma y_mi²)
    dx_md = Σ_j z_jd da_mj
    dz_id = Σ_m x_md da_mi
    """
    if len(residuals) > 3:  # with the dtypes of the inputs
        return _narrowed(sigmoid_kernel_bwd, residuals, dy, gamma=gamma)
    x, z, y = residuals
    dy = _real(dy, "dy", y.dtype)
    if dy.shape != y.shape:
        raise ValueError(f"sigmoid_kernel_bwd takes dy (m, n) = {y.shape}, not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = sigmoid_kernel_bwd(tuple(map(_single, residuals)), _single(dy), gamma=gamma)
        return tuple(g.astype(dy.dtype) for g in gradients)
    da = dy * (gamma - gamma * y**2)  # (3)
    dx = da @ z  # Σ_j z_jd da_mj    (4)
    dz = da.T @ x  # Σ_m x_md da_mi    (5)
    return dx, dz


class SigmoidKernel:
    """Sigmoid kernel as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, z, gamma=0.1, c=0.0):
        self.gamma = gamma
        y, self.residuals = sigmoid_kernel_fwd(x, z, gamma=gamma, c=c)
        return y

    def backward(self, dout):
        return sigmoid_kernel_bwd(self.residuals, dout, gamma=self.gamma)
