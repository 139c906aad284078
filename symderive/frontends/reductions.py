"""Reductions over real axes, and what is made of them: sums, means, variances, norms, softmax,
cumulative sums."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index, unused_index
from ..index.nodes import Expr, num, power, reduce_
from .array import BOOL, FLOAT, INT, Array, Axes, apply, made, rename
from .broadcasting import as_array, axis_length, place_of, places_of
from .context import current
from .elementwise import refuse
from .masked import as_truth, holds_truth
from .registry import rules

# Bound indices are numbered from here, so they never meet the free ones; the end renumbers them.
BOUND = 100


def bind(body: Expr, held: Iterable[Index]) -> tuple[Expr, tuple[Index, ...]]:
    """The body with these indices renamed to bound ones that nothing inside uses; equal bodies get
    equal names."""
    used = set(body.free)
    pairs = []
    for index in held:
        bound = unused_index(index.dim, used, BOUND)
        used.add(bound)
        pairs.append((index, bound))
    return rename(body, pairs), tuple(b for _, b in pairs)


_CONSTANT: dict[str, Callable[[Expr, Expr], Expr]] = {
    "sum": lambda body, length: length * body,
    "prod": lambda body, length: power(body, length),
    "max": lambda body, length: body,
    "min": lambda body, length: body,
}


def reduced(op: str, body: Expr, held: Iterable[Index]) -> Expr:
    """`op` over these indices; over one that the body does not depend on it is done at once."""
    held = tuple(held)
    for dim in (i.dim for i in held if i.dim.extent and op in ("max", "min")):
        current().require(nodes.size(dim) - 1)  # a maximum of nothing has no value
    live, bound = bind(body, [i for i in held if i in body.free])
    value = reduce_(op, bound, live)
    idle = axis_length([i for i in held if i not in body.free])
    return value if idle is nodes.ONE else _CONSTANT[op](value, idle)


def left_over(array: Array, places: tuple[int, ...], keepdims: bool) -> Axes:
    """The axes that a reduction over these places leaves."""
    if keepdims:
        return tuple(() if p in places else axis for p, axis in enumerate(array.axes))
    return tuple(axis for p, axis in enumerate(array.axes) if p not in places)


def over(array: Array, places: tuple[int, ...]) -> tuple[Index, ...]:
    """The indices of these real axes."""
    return tuple(i for p in places for i in array.axes[p])


def note_reduction(array: Array, places: tuple[int, ...]) -> None:
    """Remember whether every reduction ran over the last axis alone."""
    context = current()
    context.reductions += 1
    context.last_axis_only &= places == (len(array.axes) - 1,)


_JOIN = {"max": "maximum", "min": "minimum"}  # the initial value takes part as one more element
_OF_TRUTHS = {"max": "any", "min": "all", "sum": "any", "prod": "all"}


def _counts(op: str, dtype: Any) -> bool:
    """True for a sum or a product of truth values that is a number."""
    return op in ("sum", "prod") and (dtype is None or np.dtype(dtype).kind != "b")


def _reduction(op: str) -> Callable[..., Array]:
    def rule(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
        initial: Any = None,
    ) -> Array:
        array = as_array(a)
        if dtype is not None and np.dtype(dtype).kind != "f":
            array = apply("astype", array, dtype)
        neutral = {"sum": num(0), "prod": num(1)}
        if where is not True:
            start = neutral.get(op) or as_array(_needed(initial)).value
            array = apply("where", where, array, Array(start, (), FLOAT))
        if initial is not None and op in _JOIN:
            found = apply(op, array, axis=axis, keepdims=keepdims)
            return apply(_JOIN[op], found, initial)
        if array.kind == BOOL and not _counts(op, dtype):
            return apply(_OF_TRUTHS[op], array, axis=axis, keepdims=keepdims)
        places = places_of(array, axis)
        note_reduction(array, places)
        value = reduced(op, array.value, over(array, places))
        if initial is not None and op in neutral:
            start = as_array(initial).value
            value = value + start if op == "sum" else value * start
        kind = INT if array.kind != FLOAT else FLOAT
        kind = FLOAT if kind == INT and value.tensors and op in ("sum", "prod") else kind
        return made(value, left_over(array, places, keepdims), kind, op)

    return rule


def _needed(initial: Any) -> Any:
    if initial is None:
        raise current().unsupported("a maximum with where= needs initial=")
    return initial


def count(array: Array, places: tuple[int, ...]) -> Expr:
    """How many elements these real axes hold."""
    return axis_length(over(array, places))


def mean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Σ a / n, one value; where= says which elements are there."""
    array = as_array(a)
    if where is not True:
        there = apply("where", where, apply("ones_like", array), 0)
        chosen = apply("sum", array, axis=axis, keepdims=keepdims, where=where)
        return apply("divide", chosen, apply("sum", there, axis=axis, keepdims=keepdims))
    places = places_of(array, axis)
    note_reduction(array, places)
    total = reduced("sum", array.value, over(array, places))
    hint = "var" if _is_square(array.value) else "mean"
    return made(total / count(array, places), left_over(array, places, keepdims), FLOAT, hint)


def _is_square(value: Expr) -> bool:
    cell = current().cells.get(value.tensor) if isinstance(value, nodes.Ref) else None
    return cell is not None and isinstance(cell.value, nodes.Pow) and cell.value.args[1] is num(2)


def cumulative(op: str) -> Callable[..., Array]:
    """y_i = Σ_j [i ≥ j] x_j."""

    def rule(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Array:
        refuse(options)
        array = as_array(a)
        if axis is None and len(array.axes) != 1:
            raise current().unsupported(
                f"np.{op} needs an axis; reshape(-1) first to run over all elements"
            )
        place = place_of(array, -1 if axis is None else axis)
        current().last_axis_only = False
        indices = array.axes[place]
        if not indices:
            return made(array.value, array.axes, FLOAT, op)  # an axis of length one
        body, bounds = bind(array.value, list(indices))
        if op == "cumsum":
            kept = _not_after(bounds, indices)
            return made(reduce_("sum", bounds, kept * body), array.axes, FLOAT, op)
        if len(indices) != 1:
            raise current().unsupported(f"np.{op} over a merged axis is not supported")
        (index,), (bound,) = indices, bounds
        kept = nodes.bracket("ge", index, bound)
        chosen = kept * body + nodes.bracket("gt", bound, index)
        return made(reduce_("prod", [bound], chosen), array.axes, FLOAT, op)

    return rule


def _not_after(bounds: Sequence[Index], indices: Sequence[Index]) -> Expr:
    """1 where the place `bounds` of a merged axis does not lie after the place `indices`."""
    here: Expr = nodes.bracket("ge", indices[-1], bounds[-1])
    for index, bound in reversed(list(zip(indices[:-1], bounds[:-1], strict=True))):
        here = nodes.bracket("gt", index, bound) + nodes.delta(index, bound) * here
    return here


def _over_truth(op: str) -> Callable[..., Array]:
    def rule(
        a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> Array:
        array = as_truth(as_array(a))
        if where is not True:
            array = apply("where", where, array, op == "all")
        places = places_of(array, axis)
        value = reduced("min" if op == "all" else "max", array.value, over(array, places))
        truth = nodes.bracket("gt", value, 0) if value.tensors else value
        return Array(truth, left_over(array, places, keepdims), BOOL)

    return rule


def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Array:
    """How many are true."""
    array = as_array(a)
    truth = array if holds_truth(array) else array != 0
    return apply("sum", truth, axis=axis, keepdims=keepdims)


rules(
    {
        "sum": _reduction("sum"),
        "prod": _reduction("prod"),
        "max": _reduction("max"),
        "min": _reduction("min"),
        "amax": _reduction("max"),
        "amin": _reduction("min"),
        "mean": mean,
        "cumsum": cumulative("cumsum"),
        "cumprod": cumulative("cumprod"),
        "all": _over_truth("all"),
        "any": _over_truth("any"),
        "count_nonzero": count_nonzero,
    }
)
