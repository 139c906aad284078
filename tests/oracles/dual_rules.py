"""What each NumPy function does to a dual number: tables of derivatives, and linear functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
_erf = np.vectorize(math.erf, otypes=[float])


def value(x: Any) -> Any:
    """The value of a dual number, also inside lists; anything else is itself."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(value, x))
    return x.value if hasattr(x, "tangent") else x


def tangent(x: Any) -> Any:
    """The tangent of a dual number, zeros for a plain one, also inside lists."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(tangent, x))
    return x.tangent if hasattr(x, "tangent") else np.zeros(np.shape(x))


def _sigmoid(u: Array) -> Array:
    return 1 / (1 + np.exp(-u))


# The derivative of each function of one number, in its argument u and its value y.
UNARY: dict[str, tuple[Callable[[Array], Array], Callable[[Array, Array], Array]]] = {
    "negative": (np.negative, lambda u, y: -np.ones_like(u)),
    "positive": (np.positive, lambda u, y: np.ones_like(u)),
    "exp": (np.exp, lambda u, y: y),
    "exp2": (np.exp2, lambda u, y: y * np.log(2)),
    "expm1": (np.expm1, lambda u, y: y + 1),
    "log": (np.log, lambda u, y: 1 / u),
    "log2": (np.log2, lambda u, y: 1 / (u * np.log(2))),
    "log10": (np.log10, lambda u, y: 1 / (u * np.log(10))),
    "log1p": (np.log1p, lambda u, y: 1 / (1 + u)),
    "sqrt": (np.sqrt, lambda u, y: 0.5 / y),
    "cbrt": (np.cbrt, lambda u, y: 1 / (3 * y**2)),
    "square": (np.square, lambda u, y: 2 * u),
    "reciprocal": (np.reciprocal, lambda u, y: -(y**2)),
    "sin": (np.sin, lambda u, y: np.cos(u)),
    "cos": (np.cos, lambda u, y: -np.sin(u)),
    "tan": (np.tan, lambda u, y: 1 + y**2),
    "arcsin": (np.arcsin, lambda u, y: 1 / np.sqrt(1 - u**2)),
    "arccos": (np.arccos, lambda u, y: -1 / np.sqrt(1 - u**2)),
    "arctan": (np.arctan, lambda u, y: 1 / (1 + u**2)),
    "sinh": (np.sinh, lambda u, y: np.cosh(u)),
    "cosh": (np.cosh, lambda u, y: np.sinh(u)),
    "tanh": (np.tanh, lambda u, y: 1 / np.cosh(u) ** 2),
    "arcsinh": (np.arcsinh, lambda u, y: 1 / np.sqrt(u**2 + 1)),
    "arccosh": (np.arccosh, lambda u, y: 1 / np.sqrt(u**2 - 1)),
    "arctanh": (np.arctanh, lambda u, y: 1 / (1 - u**2)),
    "absolute": (np.abs, lambda u, y: np.sign(u)),
    "fabs": (np.abs, lambda u, y: np.sign(u)),
    "sign": (np.sign, lambda u, y: np.zeros_like(u)),
    "floor": (np.floor, lambda u, y: np.zeros_like(u)),
    "ceil": (np.ceil, lambda u, y: np.zeros_like(u)),
    "rint": (np.rint, lambda u, y: np.zeros_like(u)),
    "erf": (_erf, lambda u, y: 2 / np.sqrt(np.pi) * np.exp(-(u**2))),
    "expit": (_sigmoid, lambda u, y: y * (1 - y)),
}


def _power(u: Array, v: Array, y: Array) -> tuple[Array, Array]:
    with np.errstate(all="ignore"):
        by_base = np.where(v == 0, 0.0, v * np.power(u, np.where(v == 0, 1.0, v - 1)))
        by_exponent = np.where(u > 0, y * np.log(np.where(u > 0, u, 1.0)), 0.0)
    return by_base, by_exponent


def _larger(u: Array, v: Array, y: Array) -> tuple[Array, Array]:
    return (u > v) + 0.5 * (u == v), (v > u) + 0.5 * (u == v)


# The derivatives of each function of two numbers by the first and by the second.
BINARY: dict[str, tuple[Callable[[Array, Array], Array], Callable[..., tuple[Array, Array]]]] = {
    "add": (np.add, lambda u, v, y: (1.0, 1.0)),
    "subtract": (np.subtract, lambda u, v, y: (1.0, -1.0)),
    "multiply": (np.multiply, lambda u, v, y: (v, u)),
    "divide": (np.divide, lambda u, v, y: (1 / v, -y / v)),
    "power": (np.power, _power),
    "float_power": (np.float_power, _power),
    "maximum": (np.maximum, _larger),
    "minimum": (np.minimum, lambda u, v, y: _larger(-u, -v, y)),
    "logaddexp": (np.logaddexp, lambda u, v, y: (_sigmoid(u - v), _sigmoid(v - u))),
    "arctan2": (np.arctan2, lambda u, v, y: (v / (u**2 + v**2), -u / (u**2 + v**2))),
    "hypot": (np.hypot, lambda u, v, y: (u / y, v / y)),
}
PLAIN = {
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("isfinite", "isnan", "isinf", "logical_and", "logical_or", "logical_not"),
}


def call(name: str, inputs: tuple[Any, ...], kwargs: dict[str, Any], make: Any) -> Any:
    """A ufunc by its name on dual numbers."""
    values = [value(x) for x in inputs]
    if name in PLAIN:
        return getattr(np, name)(*values, **kwargs)
    if name in ("matmul", "vecdot"):
        return _multilinear(getattr(np, name))(make, *inputs, **kwargs)
    if kwargs or name not in (UNARY if len(inputs) == 1 else BINARY):
        raise TypeError(f"the dual numbers do not know {name} with {sorted(kwargs)}")
    values = [np.asarray(v, dtype=float) for v in values]
    if len(inputs) == 1:
        function, derivative = UNARY[name]
        y = function(values[0])
        return make(y, derivative(values[0], y) * tangent(inputs[0]))
    function2, derivatives = BINARY[name]
    y = function2(*values)
    t = 0.0
    for x, d in zip(inputs, derivatives(*values, y), strict=True):
        if hasattr(x, "tangent"):
            t = t + d * x.tangent
    return make(y, t)


def _linear(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is linear in its first operand (or list of operands)."""

    def rule(make: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        return make(function(value(x), *args, **kwargs), function(tangent(x), *args, **kwargs))

    return rule


def _multilinear(function: Callable[..., Any]) -> Callable[..., Any]:
    """A product: linear in each operand while the others are held."""

    def rule(make: Any, *operands: Any, **kwargs: Any) -> Any:
        values = [value(x) for x in operands]
        y = function(*values, **kwargs)
        t = 0.0
        for i, x in enumerate(operands):
            if hasattr(x, "tangent"):
                t = t + function(*values[:i], x.tangent, *values[i + 1 :], **kwargs)
        return make(y, t)

    return rule


def _mean(make: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return make(*(np.mean(part, axis=axis, keepdims=keepdims) for part in (x.value, x.tangent)))


def _var(make: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    deviation = x.value - np.mean(x.value, axis=axis, keepdims=True)
    y = np.var(x.value, axis=axis, ddof=ddof, keepdims=keepdims)
    count = x.value.size / max(y.size, 1) - ddof
    return make(y, np.sum(2 * deviation * x.tangent, axis=axis, keepdims=keepdims) / count)


def _std(make: Any, x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    v = _var(make, x, axis, ddof, keepdims)
    return make(np.sqrt(v.value), v.tangent / (2 * np.sqrt(v.value)))


def _extreme(function: Callable[..., Array]) -> Callable[..., Any]:
    def rule(make: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        hit = x.value == function(x.value, axis=axis, keepdims=True)
        share = hit / np.sum(hit, axis=axis, keepdims=True)
        return make(function(x.value, axis=axis, keepdims=keepdims),
                    np.sum(share * x.tangent, axis=axis, keepdims=keepdims))  # fmt: skip

    return rule


def _prod(make: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    y = np.prod(x.value, axis=axis, keepdims=True)
    t = np.sum(y / x.value * x.tangent, axis=axis, keepdims=keepdims)
    return make(np.prod(x.value, axis=axis, keepdims=keepdims), t)


def _where(make: Any, condition: Any, a: Any, b: Any) -> Any:
    condition = value(condition)
    return make(
        np.where(condition, value(a), value(b)), np.where(condition, tangent(a), tangent(b))
    )


def _clip(make: Any, x: Any, low: Any = None, high: Any = None) -> Any:
    """Below the low bound the low bound's tangent, above the high bound the high bound's."""
    for name, bound in (("maximum", low), ("minimum", high)):
        x = x if bound is None else call(name, (x, bound), {}, make)
    return x


def _einsum(make: Any, subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    return _multilinear(lambda *arrays: np.einsum(subscripts, *arrays))(make, *operands)


def _norm(make: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    y = np.sqrt(np.sum(x.value**2, axis=axis, keepdims=keepdims))
    return make(y, np.sum(x.value * x.tangent, axis=axis, keepdims=keepdims) / y)


def _like(fill: float | None) -> Callable[..., Any]:
    def rule(make: Any, x: Any, number: float = 0.0, **_: Any) -> Any:
        return make(np.full(x.shape, number if fill is None else fill), np.zeros(x.shape))

    return rule


_LINEAR = (
    *("sum", "cumsum", "trace", "diagonal", "diag", "tril", "triu", "diff"),
    *("transpose", "swapaxes", "moveaxis", "rollaxis", "reshape", "ravel", "squeeze"),
    *("expand_dims", "broadcast_to", "atleast_1d", "atleast_2d", "repeat", "tile"),
    *("concatenate", "stack", "hstack", "vstack", "take", "take_along_axis", "roll", "flip"),
)
_PRODUCTS = ("dot", "matmul", "outer", "inner", "vdot", "kron", "tensordot")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _linear(getattr(np, name)) for name in _LINEAR},
    **{name: _multilinear(getattr(np, name)) for name in _PRODUCTS},
    "mean": _mean,
    "var": _var,
    "std": _std,
    "prod": _prod,
    "einsum": _einsum,
    "where": _where,
    "clip": _clip,
    "norm": _norm,
    "max": _extreme(np.max),
    "amax": _extreme(np.max),
    "min": _extreme(np.min),
    "amin": _extreme(np.min),
    "zeros_like": _like(0.0),
    "ones_like": _like(1.0),
    "empty_like": _like(0.0),
    "full_like": _like(None),
    "copy": lambda make, x: x.copy(),
    "shape": lambda make, x: x.shape,
    "ndim": lambda make, x: x.ndim,
    "size": lambda make, x: x.size,
}

METHODS: dict[tuple[str, str], Callable[..., Any]] = {
    ("add", "reduce"): FUNCTIONS["sum"],
    ("multiply", "reduce"): _prod,
    ("maximum", "reduce"): FUNCTIONS["max"],
    ("minimum", "reduce"): FUNCTIONS["min"],
    ("add", "accumulate"): FUNCTIONS["cumsum"],
    ("multiply", "outer"): FUNCTIONS["outer"],
}
