"""What NumPy has a name for, and what is a few lines of what is supported already."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index import nodes
from .array import INT, apply, made, shown_only
from .broadcasting import as_array, place_of
from .context import current
from .indexing import along
from .registry import rules
from .statistics import degrees_of_freedom

Array = Any  # symbolic arrays, whose operators are put in elsewhere


def _length(array: Any, place: int) -> Any:
    return list(tuple.__iter__(array.shape))[place]


def _whole(value: Any, what: str) -> int:
    """A number that has to be known; what is symbolic is refused by its name."""
    if isinstance(value, (int, np.integer)):
        return int(value)
    raise current().unsupported(f"{what} must be a plain whole number here")


def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, **options: Any) -> Array:
    """Evenly spaced numbers; both ends are there, so that there are two at least."""
    if options:
        raise current().unsupported(f"np.linspace with {', '.join(options)}")
    steps = as_array(num) - 1 if endpoint else as_array(num)
    if endpoint:
        current().require(as_array(num).value - 2)
    return as_array(start) + (as_array(stop) - start) * (apply("arange", num) / steps)


def cross(a: Any, b: Any, axis: int = -1) -> Array:
    """a × b for vectors of three elements."""
    left, right = as_array(a), as_array(b)
    place = place_of(left, axis)
    if any(_length(v, place_of(v, axis)) != 3 for v in (left, right)):
        raise current().unsupported("np.cross of vectors that have not exactly three elements")
    x, y, z = (along(left, place, k) for k in range(3))
    u, v, w = (along(right, place_of(right, axis), k) for k in range(3))
    return apply("stack", [y * w - z * v, z * u - x * w, x * v - y * u], axis)


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Array:
    """Covariances of the rows (or columns) of a matrix."""
    if y is not None:
        raise current().unsupported("np.cov of two arrays: join them first")
    array = as_array(m)
    rows = array if rowvar or len(array.axes) == 1 else array.T
    apart = rows - apply("mean", rows, axis=-1, keepdims=True)
    less = as_array(ddof if ddof is not None else 0 if bias else 1).value
    left = degrees_of_freedom(as_array(_length(rows, -1)).value, less)
    return apply("matmul", apart, apart.T) / made(left, (), INT)


def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Array:
    """Correlations of the rows (or columns) of a matrix."""
    covariance = cov(x, y, rowvar)
    if not covariance.axes:
        return covariance / covariance
    spread = apply("sqrt", apply("diagonal", covariance))
    return covariance / apply("outer", spread, spread)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Array:
    """The area under a curve by the trapezoidal rule."""
    values = as_array(y)
    place = place_of(values, axis)
    halves = (along(values, place, slice(1, None)) + along(values, place, slice(None, -1))) / 2
    if x is None:
        return apply("sum", halves * dx, axis=axis)
    if len(as_array(x).axes) not in (1, len(values.axes)) or axis not in (-1, len(values.axes) - 1):
        raise current().unsupported("np.trapezoid over places along another axis than the last")
    return apply("sum", halves * apply("diff", x), axis=axis)


def polyval(p: Any, x: Any) -> Array:
    """A polynomial, the highest power first, by Horner's rule."""
    total = as_array(0)
    for coefficient in p:
        total = total * x + coefficient
    return total


def vander(x: Any, N: Any = None, increasing: bool = False) -> Array:
    """The powers of x as columns."""
    columns = [as_array(x) ** k for k in range(_whole(N, "the N of np.vander"))]
    return apply("stack", columns if increasing else columns[::-1], -1)


def correlate(a: Any, v: Any, mode: str = "valid") -> Array:
    """Σ_k a_(i + k) v_k of a signal and a shorter kernel of known length."""
    signal, kernel = as_array(a), as_array(v)
    if len(signal.axes) != 1 or len(kernel.axes) != 1:
        raise current().wrong("np.convolve and np.correlate want arrays of one axis")
    count = _whole(_length(kernel, 0), "the length of the kernel")
    current().require(as_array(_length(signal, 0)).value - count)  # NumPy would swap the two
    if mode != "valid":
        before = {"full": count - 1, "same": count // 2}[mode]
        signal = apply("pad", signal, (before, count - 1 if mode == "full" else count - 1 - before))
    length = _length(signal, 0)
    terms = [signal[k : length - (count - 1 - k)] * kernel[k] for k in range(count)]
    return sum(terms[1:], terms[0])


def convolve(a: Any, v: Any, mode: str = "full") -> Array:
    """The same with the kernel turned around; in "same" it is centred as NumPy does."""
    kernel = as_array(v)
    count = _whole(_length(kernel, 0), "the length of the kernel")
    if mode == "same":
        whole = convolve(a, v, "full")
        first = (count - 1) // 2
        return whole[first : _length(whole, 0) - (count - 1 - first)]
    return correlate(a, apply("flip", kernel), mode)


def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **options: Any) -> Array:
    """Every stretch of a known length along an axis, on a new last axis."""
    array = as_array(x)
    window = window_shape[0] if isinstance(window_shape, tuple | list) else window_shape
    if options or (axis is None and len(array.axes) != 1) or isinstance(axis, tuple | list):
        raise current().unsupported("sliding_window_view along more than one axis")
    place, count = place_of(array, axis or 0), _whole(window, "the length of a window")
    length = _length(array, place)
    current().require(as_array(length).value - count)
    stretches = [slice(k, length - (count - 1 - k)) for k in range(count)]
    return shown_only(array, lambda a: apply("stack", [along(a, place, s) for s in stretches], -1))


def gradient(f: Any, *spacing: Any, axis: Any = None) -> Array:
    """Central differences, one-sided at the ends."""
    values = as_array(f)
    if (axis is None and len(values.axes) != 1) or len(spacing) > 1:
        raise current().unsupported("np.gradient along more than one axis: say axis=")
    place = place_of(values, axis or 0)

    def part(first: int | None, last: int | None) -> Array:
        return along(values, place, slice(first, last))

    inner = (part(2, None) - part(None, -2)) / 2
    ends = part(1, 2) - part(None, 1), part(-1, None) - part(-2, -1)
    found = apply("concatenate", [ends[0], inner, ends[1]], place - len(values.axes))
    return found / spacing[0] if spacing else found


def matrix_power(a: Any, n: Any) -> Array:
    """a a ... a."""
    times, power = _whole(n, "the power of a matrix"), as_array(a)
    if times < 1:
        raise current().unsupported("np.linalg.matrix_power with a power below 1")
    for _ in range(times - 1):
        power = apply("matmul", power, a)
    return power


def multi_dot(arrays: Any) -> Array:
    """A product of several matrices, from the left."""
    first, *others = map(as_array, arrays)
    for other in others:
        first = apply("matmul", first, other)
    return first


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """A matrix turned by quarters."""
    turned = as_array(m)
    for _ in range(k % 4):
        turned = apply("swapaxes", apply("flip", turned, axes[1]), *axes)
    return turned


def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Array:
    """Sums of weights by label; minlength says how many there are, and no label is beyond."""
    labels, count = as_array(x), as_array(minlength).value
    if weights is None or len(labels.axes) != 1:
        raise current().unsupported("np.bincount is supported with weights, over one axis")
    if not isinstance(labels.value, nodes.Ref) or not _all_below(labels.value.tensor, count):
        raise current().unsupported(
            "np.bincount wants minlength= the number that the labels stay below"
        )
    hits = labels[:, None] == apply("arange", minlength)
    return apply("sum", hits * as_array(weights)[:, None], axis=0)


def _all_below(labels: nodes.Tensor, count: nodes.Expr) -> bool:
    below = labels.domain.below
    if isinstance(below, int):
        return isinstance(count, nodes.Num) and below <= count.value
    return isinstance(count, nodes.Size) and count.dim.name == below


rules(
    {
        "linspace": linspace,
        "cross": cross,
        "linalg.cross": cross,
        "cov": cov,
        "corrcoef": corrcoef,
        "trapezoid": trapezoid,
        "trapz": trapezoid,
        "polyval": polyval,
        "vander": vander,
        "correlate": correlate,
        "convolve": convolve,
        "sliding_window_view": sliding_window_view,
        "gradient": gradient,
        "linalg.matrix_power": matrix_power,
        "linalg.multi_dot": multi_dot,
        "rot90": rot90,
        "bincount": bincount,
    }
)
