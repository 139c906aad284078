"""NaN and ∞ among the elements: asking for them, replacing them, and reductions that pass over NaN.

No comparison with NaN holds, so that a comparison and its opposite both fail there, and a choice
between them may take either value. What is asked here is whether a comparison holds: that has an
answer for NaN as well, and so an opposite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..index import nodes
from ..index.nodes import Expr, bracket, const
from .array import BOOL, FLOAT, Array, apply
from .booleans import opposite
from .broadcasting import as_array
from .context import current
from .elementwise import absolute, refuse
from .registry import rules
from .truths import with_truths

INFINITY = const("inf")


def _holds(comparison: Expr) -> Expr:
    return bracket("gt", comparison, 0)


def _is_number(x: Expr) -> Expr:
    return _holds(bracket("le", x, INFINITY))


ASKED: dict[str, Callable[[Expr], Expr]] = {
    "isnan": lambda x: opposite(_is_number(x)),
    "isfinite": lambda x: _holds(bracket("lt", absolute(x), INFINITY)),
    "isinf": lambda x: _holds(bracket("ge", absolute(x), INFINITY)),
    "isposinf": lambda x: _holds(bracket("ge", x, INFINITY)),
    "isneginf": lambda x: _holds(bracket("le", x, -INFINITY)),
}


def _asked(name: str) -> Callable[..., Array]:
    def rule(x: Any, **options: Any) -> Array:
        refuse(options)
        array = as_array(x)
        known = array.kind != FLOAT or not array.value.tensors
        value = nodes.num(int(name == "isfinite")) if known else ASKED[name](array.value)
        return Array(value, array.axes, BOOL)

    return rule


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Array:
    """Numbers in place of NaN and of ±∞, which are the largest numbers there are unless said."""
    array = as_array(x)
    if not copy:
        raise current().unsupported("np.nan_to_num(copy=False): write x[...] = np.nan_to_num(x)")
    if array.kind != FLOAT:
        return apply("copy", array)
    most = np.finfo(np.float64).max
    high, low = (most if posinf is None else posinf), (-most if neginf is None else neginf)
    found = apply("where", apply("isneginf", array), low, array)
    found = apply("where", apply("isposinf", array), high, found)
    return apply("where", apply("isnan", array), nan, found)


def _ignoring(name: str) -> Callable[..., Array]:
    """The larger or the smaller of two, and the other one where one is NaN."""

    def rule(a: Any, b: Any, **options: Any) -> Array:
        refuse(options)
        of_both = apply("where", apply("isnan", b), a, apply(name, a, b))
        return apply("where", apply("isnan", a), b, of_both)

    return rule


def _passing_over(name: str, otherwise: float) -> Callable[..., Array]:
    """The reduction with a number that changes nothing in place of each NaN."""

    def rule(a: Any, axis: Any = None, **options: Any) -> Array:
        array = as_array(a)
        filled = apply("where", apply("isnan", array), otherwise, array)
        return apply(name, filled, axis=axis, **options)

    return rule


def _present(a: Any) -> Array:
    return apply("logical_not", apply("isnan", as_array(a)))


def _of_present(name: str) -> Callable[..., Array]:
    """The statistic of the elements that are not NaN."""

    def rule(a: Any, axis: Any = None, **options: Any) -> Array:
        return apply(name, a, axis=axis, where=_present(a), **options)

    return rule


def _extreme(name: str, neutral: float) -> Callable[..., Array]:
    """The largest or smallest of what is not NaN; NaN where there is nothing else."""

    def rule(a: Any, axis: Any = None, *, keepdims: bool = False) -> Array:
        given: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
        found = apply(name, apply("where", apply("isnan", as_array(a)), neutral, a), **given)
        return apply("where", apply("any", _present(a), **given), found, apply(name, a, **given))

    return rule


rules({name: _asked(name) for name in ASKED})
rules(with_truths({"fmax": _ignoring("maximum"), "fmin": _ignoring("minimum")}))
rules(
    {
        "nan_to_num": nan_to_num,
        "nansum": _passing_over("sum", 0.0),
        "nanprod": _passing_over("prod", 1.0),
        "nanmax": _extreme("max", -np.inf),
        "nanmin": _extreme("min", np.inf),
        "nanmean": _of_present("mean"),
        "nanvar": _of_present("var"),
        "nanstd": _of_present("std"),
    }
)
