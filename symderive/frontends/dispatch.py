"""NumPy's dispatch on symbolic arrays: a call's name finds its rule, or an error that says what
there is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .context import current, refused_or_again
from .origin import Recorded, remember
from .registry import METHODS, RULES, SUPPORTED, Rule

_REDUCE = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logaddexp": "logsumexp",
    "logical_and": "all",
    "logical_or": "any",
}
_ACCUMULATE = {"add": "cumsum", "multiply": "cumprod"}


def apply_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: dict[str, Any]
) -> Any:
    """`np.exp(x)`, `np.add.reduce(x)`, `np.multiply.outer(x, y)`."""
    name, given = ufunc.__name__, (inputs, dict(options))
    if method == "reduce":
        name = _REDUCE.get(name, f"{name}.reduce")
        options.setdefault("axis", 0)
    elif method == "accumulate":
        name = _ACCUMULATE.get(name, f"{name}.accumulate")
        options.setdefault("axis", 0)
    elif method == "outer":
        left, right = (RULES["asarray"](x) for x in inputs)
        inputs = (RULES["expand_dims"](left, tuple(range(-len(right.axes), 0))), right)
    elif method != "__call__":
        name = f"{name}.{method}"
    elif options.get("where", True) is not True:
        return _in_part(ufunc, inputs, options)
    return remember(run(name, f"np.{name}", inputs, options), getattr(ufunc, method), *given)


def _in_part(ufunc: np.ufunc, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """`np.exp(x, where=mask, out=y)`: y keeps its elements where the mask does not hold."""
    given = dict(options)
    mask, (out,) = options.pop("where"), options.pop("out", None) or (None,)
    if not isinstance(out, Recorded):
        raise current().unsupported(
            f"np.{ufunc.__name__} with where= needs out= an array made in the forward, such as "
            "np.zeros_like(x): elsewhere its elements are not set. np.where(mask, x, y) chooses"
        )
    found = run(ufunc.__name__, f"np.{ufunc.__name__}", inputs, options)
    METHODS["setitem"](out, Ellipsis, RULES["where"](mask, found, out))
    return remember(out, ufunc, inputs, given)


def apply_function(func: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """`np.sum(x)`, `np.linalg.norm(x)`."""
    module = (getattr(func, "__module__", "") or "").removeprefix("numpy").lstrip(".")
    name = f"{module}.{func.__name__}" if module in ("linalg", "fft", "random") else func.__name__
    given = dict(options)
    return remember(run(name, f"np.{name}", args, options), func, args, given)


_ORDER = "An order that depends on the values has no rule: pass it as labels"
_SOLVED = "Pass the result as an argument"
_INSTEAD = {
    **dict.fromkeys(("sort", "argsort", "partition", "median", "quantile", "percentile"), _ORDER),
    **dict.fromkeys(("argmax", "argmin"), f"{_ORDER}, or take np.max"),
    **dict.fromkeys(("linalg.inv", "linalg.solve", "linalg.det", "linalg.eigh"), _SOLVED),
}


def instead_of(name: str) -> str:
    """What to write in place of a function that exists, and has no rule. Names that are merely
    spelled alike are no help: gammaln is not meant to be a mean.
    """
    return f" {_INSTEAD[name]}." if name in _INSTEAD else ""


def run(name: str, shown: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Apply the rule of this name; `out=` is a write in place."""
    rule = RULES.get(name)
    if rule is None:
        raise current().unsupported(
            f"{shown} is not supported.{instead_of(name)} Supported are {SUPPORTED}"
        )
    out = options.pop("out", None)
    out = out[0] if isinstance(out, tuple) else out
    check_call(rule, shown, args, options)
    result = rule(*args, **options)
    if out is None:
        return result
    if not isinstance(out, Recorded):
        raise refused_or_again(f"{shown} with out= a plain NumPy array")
    METHODS["setitem"](out, Ellipsis, result)
    return out


def call_method(array: Recorded, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """`x.sum(axis=0)`."""
    shown, whole, given = f"the method .{name}", (array, *args), dict(options)
    if name not in METHODS:
        return remember(run(name, shown, whole, options), _method(name), whole, given)
    check_call(METHODS[name], shown, whole, options)
    return remember(METHODS[name](*whole, **options), _method(name), whole, given)


def _method(name: str) -> Callable[..., Any]:
    return lambda array, *args, **options: getattr(array, name)(*args, **options)


def check_call(rule: Rule, shown: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """An argument that the rule does not know is an error that names it."""
    try:
        inspect.signature(rule).bind(*args, **options)
    except TypeError as error:
        raise current().unsupported(
            f"{shown} with these arguments is not supported ({error})"
        ) from error
