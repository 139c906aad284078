"""Turns pairs of features by an angle for each place: positions become rotations.

Made by symderive from the forward alone; to make it again:
    symderive derive rotary_embedding
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


def rotary_embedding(x1, x2, theta):
    """Rotary embedding, the value alone.

    x1: (s, d)
    x2: (s, d)
    theta: (s, d)
    """
    y, _ = rotary_embedding_fwd(x1, x2, theta)
    return y


def rotary_embedding_fwd(x1, x2, theta):
    """The value, and what the gradient needs: (y, residuals)."""
    x1 = _real(x1, "x1")
    x2 = _real(x2, "x2")
    theta = _real(theta, "theta")
    if (
        x1.ndim != 2
        or x2.ndim != 2
        or x2.shape[0] != x1.shape[0]
        or x2.shape[1] != x1.shape[1]
        or theta.ndim != 2
        or theta.shape[0] != x1.shape[0]
        or theta.shape[1] != x1.shape[1]
    ):
        raise ValueError(
            f"rotary_embedding takes x1 (s, d), x2 (s, d), theta (s, d), not x1 {x1.shape}, x2 "
            f"{x2.shape}, theta {theta.shape}"
        )
    if len({x1.dtype, x2.dtype, theta.dtype}) > 1:
        return _widened(rotary_embedding_fwd, x1, x2, theta)
    if x1.dtype.itemsize < 4:  # half precision: computed in float32
        y_, (_, _, c, s) = rotary_embedding_fwd(_single(x1), _single(x2), _single(theta))
        y_ = y_.astype(x1.dtype)
        return y_, (x1, x2, c, s)
    c = np.cos(theta)  # (1)
    s = np.sin(theta)  # (2)
    # δ(1, k2) (c_sd x2_sd + s_sd x1_sd) + δ(0, k2) (c_sd x1_sd - s_sd x2_sd)    (3)
    y = np.stack([c * x1 - s * x2, c * x2 + s * x1], axis=-2)
    return y.reshape(y.shape[-3], 2 * y.shape[-1]), (x1, x2, c, s)


def rotary_embedding_bwd(residuals, dy):
    """Gradient of rotary embedding, from the residuals and the cotangent dy.

    dx1_sd = c_sd dy_s0d + s_sd dy_s1d
    dx2_sd = c_sd dy_s1d - s_sd dy_s0d
    dtheta_sd = dy_s0d (-c_sd x2_sd - s_sd x1_sd) + dy_s1d (c_sd x1_sd - s_sd x2_sd)
    """
    if len(residuals) > 4:  # with the dtypes of the inputs
        return _narrowed(rotary_embedding_bwd, residuals, dy)
    x1, x2, c, s = residuals
    dy = _real(dy, "dy", x1.dtype)
    if dy.ndim != 2 or dy.shape[0] != x1.shape[0] or dy.shape[1] != 2 * x1.shape[1]:
        raise ValueError(f"rotary_embedding_bwd takes dy (s, 2 d), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = rotary_embedding_bwd(tuple(map(_single, residuals)), _single(dy))
        return tuple(g.astype(dy.dtype) for g in gradients)
    dy = dy.reshape(dy.shape[-2], 2, x1.shape[-1])
    dx1 = c * dy[:, 0] + s * dy[:, 1]  # c_sd dy_s0d + s_sd dy_s1d    (4)
    dx2 = c * dy[:, 1] - s * dy[:, 0]  # c_sd dy_s1d - s_sd dy_s0d    (5)
    # dy_s1d (c_sd x1_sd - s_sd x2_sd) - dy_s0d (c_sd x2_sd + s_sd x1_sd)    (6)
    dtheta = dy[:, 1] * (c * x1 - s * x2) - dy[:, 0] * (c * x2 + s * x1)
    return dx1, dx2, dtheta


class RotaryEmbedding:
    """Rotary embedding as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x1, x2, theta):
        y, self.residuals = rotary_embedding_fwd(x1, x2, theta)
        return y

    def backward(self, dout):
        return rotary_embedding_bwd(self.residuals, dout)
