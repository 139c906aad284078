"""What is made of reductions: variances, norms, weighted means, the softmax family."""

from __future__ import annotations

from typing import Any

from ..index import nodes
from ..index.nodes import Expr
from .array import FLOAT, Array, apply, made
from .broadcasting import as_array, place_of, places_of
from .context import current, linear
from .elementwise import refuse
from .reductions import count, left_over, mean, over, reduced
from .registry import rules


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Array:
    """Σ (a - mean)² / (n - ddof); where= says which elements are there."""
    array = as_array(a)
    places = places_of(array, axis)
    centre = apply("mean", array, axis=axis, keepdims=True, where=where) if mean is None else mean
    squares = apply("square", apply("subtract", array, centre))
    free = as_array(correction if correction is not None else ddof).value
    if where is not True:
        among: dict[str, Any] = {"axis": axis, "keepdims": keepdims, "where": where}
        present = apply("sum", apply("ones_like", array), **among)
        left_of = apply("subtract", present, Array(free, (), FLOAT))
        return apply("divide", apply("sum", squares, **among), left_of)
    left = degrees_of_freedom(count(array, places), free)
    total = reduced("sum", squares.value, over(squares, places))
    return made(total / left, left_over(squares, places, keepdims), FLOAT, "var")


def degrees_of_freedom(number: Expr, less: Expr) -> Expr:
    """number - less, which may not be negative: NumPy's variance of fewer numbers is NaN."""
    left = number - less
    if less is not nodes.ZERO and linear(left) is not None:
        current().require(left)
    return left


def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Array:
    """√var."""
    squared = var(
        a, axis, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction
    )
    return made(nodes.sqrt(squared.value), squared.axes, FLOAT, "std")


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:
    """The p-norm of vectors, and the Frobenius norm of matrices."""
    array = as_array(x)
    places = places_of(array, axis)
    matrix = (axis is not None and len(places) == 2) or (
        axis is None and ord is not None and len(places) == 2
    )
    if matrix and ord not in (None, "fro"):
        raise current().unsupported(f"the matrix norm ord={ord!r} is not supported; 'fro' is")
    if ord in (None, 2, "fro"):
        total = apply("sum", apply("square", array), axis=places, keepdims=keepdims)
        return apply("sqrt", total)
    if ord == 0:
        return apply("count_nonzero", array, axis=places, keepdims=keepdims)
    magnitude = apply("absolute", array)
    if ord in (float("inf"), float("-inf")):
        return apply("max" if ord > 0 else "min", magnitude, axis=places, keepdims=keepdims)
    if ord == 1:
        return apply("sum", magnitude, axis=places, keepdims=keepdims)
    total = apply("sum", apply("power", magnitude, ord), axis=places, keepdims=keepdims)
    return apply("power", total, _reciprocal(ord))


def _reciprocal(order: Any) -> Any:
    """1/order, exactly."""
    exponent = 1 / as_array(order).value
    return Array(exponent, (), FLOAT)


def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Array:
    """Σ w a / Σ w."""
    if returned:
        raise current().unsupported("np.average with returned=True is not supported")
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    array, weighing = as_array(a), as_array(weights)
    if len(weighing.axes) == 1 and len(array.axes) > 1 and axis is not None:
        place = place_of(array, axis)
        lifted = tuple(weighing.axes[0] if p == place else () for p in range(len(array.axes)))
        weighing = Array(weighing.value, lifted, weighing.kind)
    total = apply("sum", apply("multiply", weighing, array), axis=axis, keepdims=keepdims)
    return apply(
        "divide",
        total,
        apply("sum", apply("multiply", weighing, _ones_like(array)), axis, keepdims=keepdims),
    )


def _ones_like(array: Array) -> Array:
    return Array(nodes.ONE, array.axes, FLOAT)


def softmax(x: Any, axis: Any = None) -> Array:
    """exp(x) / Σ exp(x)."""
    e = apply("exp", as_array(x))
    return apply("divide", e, apply("sum", e, axis=axis, keepdims=True))


def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, **options: Any
) -> Array:
    """log Σ b exp(a)."""
    refuse(options)
    e = apply("exp", as_array(a))
    return apply(
        "log",
        apply("sum", e if b is None else apply("multiply", b, e), axis=axis, keepdims=keepdims),
    )


def log_softmax(x: Any, axis: Any = None) -> Array:
    """x - log Σ exp(x)."""
    return apply("subtract", x, logsumexp(x, axis=axis, keepdims=True))


def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Array:
    """max - min."""
    high, low = (apply(op, a, axis=axis, keepdims=keepdims) for op in ("max", "min"))
    return apply("subtract", high, low)


rules(
    {
        "var": var,
        "std": std,
        "average": average,
        "linalg.norm": norm,
        "norm": norm,
        "linalg.vector_norm": lambda x, *, axis=None, keepdims=False, ord=2: norm(
            x, ord, axis, keepdims
        ),
        "softmax": softmax,
        "log_softmax": log_softmax,
        "logsumexp": logsumexp,
        "ptp": ptp,
    }
)
