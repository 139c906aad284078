"""The Huber loss over its delta: slope 1 far out, as detectors use it.

Made by symderive from the forward alone; to make it again:
    symderive derive smooth_l1
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


def smooth_l1(x, target, beta=1.0):
    """Smooth l1, the value alone.

    x: (b, n)
    target: (b, n)
    """
    y, _ = smooth_l1_fwd(x, target, beta=beta)
    return y


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def smooth_l1_fwd(x, target, beta=1.0):
    """The value, and what the gradient needs: (y, residuals)."""
    x = _real(x, "x")
    target = _real(target, "target")
    if (
        x.ndim != 2
        or target.ndim != 2
        or target.shape[0] != x.shape[0]
        or target.shape[1] != x.shape[1]
    ):
        raise ValueError(
            f"smooth_l1 takes x (b, n), target (b, n), not x {x.shape}, target {target.shape}"
        )
    if x.dtype != target.dtype:  # several dtypes: each gradient has that of its input
        return _widened(smooth_l1_fwd, x, target, beta=beta)
    if x.dtype.itemsize < 4:  # half precision: computed in float32
        y, _ = smooth_l1_fwd(_single(x), _single(target), beta=beta)
        y = y.astype(x.dtype)
        return y, (x, target)
    r = np.abs(x - target)  # (1)
    # Σ_bj ([r_bj ≥ beta] (r_bj - beta / 2) + r_bj² [beta > r_bj] / (2 beta)) / (n B)    (2)
    y = np.mean(np.where(beta > r, 0.5 * r**2 / beta, r - 0.5 * beta))
    return y, (x, target)


@np.errstate(all="ignore")  # np.where computes what it does not choose, too
def smooth_l1_bwd(residuals, dy, beta=1.0):
    """Gradient of smooth l1, from the residuals and the cotangent dy.

    dx_bi = dy sign(x_bi - target_bi) ([r_bi ≥ beta] + r_bi [beta > r_bi] / beta) / (n B)
    dtarget_bi = -dx_bi
    """
    if len(residuals) > 2:  # with the dtypes of the inputs
        return _narrowed(smooth_l1_bwd, residuals, dy, beta=beta)
    x, target = residuals
    dy = _real(dy, "dy", x.dtype)
    if dy.ndim != 0:
        raise ValueError(f"smooth_l1_bwd takes dy (), not {dy.shape}")
    if dy.dtype.itemsize < 4:  # half precision: computed in float32
        gradients = smooth_l1_bwd(tuple(map(_single, residuals)), _single(dy), beta=beta)
        return tuple(g.astype(dy.dtype) for g in gradients)
    x_minus_target = x - target  # (3)
    r = np.abs(x_minus_target)  # (1)
    dx = dy * np.sign(x_minus_target) * np.where(beta > r, r / beta, 1) / x.size  # (4)
    dtarget = -dx  # (5)
    return dx, dtarget


class SmoothL1:
    """Smooth l1 as a layer: `forward` keeps what `backward` needs."""

    def forward(self, x, target, beta=1.0):
        self.beta = beta
        y, self.residuals = smooth_l1_fwd(x, target, beta=beta)
        return y

    def backward(self, dout):
        return smooth_l1_bwd(self.residuals, dout, beta=self.beta)
