"""`x.reshape(...)`: axes that merge and split named dims, without a change of any element's
place."""

from __future__ import annotations

from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from .array import Array, Axes
from .broadcasting import as_array, axis_length
from .context import Split, current, spread
from .elementwise import refuse
from .registry import METHODS, rules
from .shapes import with_axes


def as_shape(shape: Any) -> list[Expr]:
    """The lengths of a shape, given as a number, a symbolic length, or a tuple of them."""
    given = list(tuple.__iter__(shape)) if isinstance(shape, tuple) else shape
    given = given if isinstance(given, list) else [given]
    return [spread(as_array(g).value) for g in given]


def reshape(
    a: Any, /, *shape: Any, order: str = "C", newshape: Any = None, **options: Any
) -> Array:
    """Axes merged and split; the elements keep their order."""
    options.pop("copy", None)
    shape = options.pop("shape", None) or newshape or (shape[0] if len(shape) == 1 else shape)
    refuse(options)
    if order != "C":
        raise current().unsupported(f"reshape with order={order!r} is not supported")
    array = as_array(a)
    wanted = as_shape(shape)
    open_places = [p for p, w in enumerate(wanted) if w is nodes.MINUS_ONE]
    if len(open_places) == 1:
        known = nodes.mul(*(w for w in wanted if w is not nodes.MINUS_ONE))
        wanted[open_places[0]] = axis_length(array.indices) / known
    groups = _grouped(array, wanted)
    if any(i.dim.is_batch for p in open_places for i in groups[p]):
        raise current().unsupported("'...' cannot be merged by reshape(-1, ...): name the dims")
    for dims in (tuple(i.dim for i in group) for group in groups if len(group) > 1):
        current().merged.setdefault(frozenset(dims), dims)
    return with_axes(array, lambda axes: groups, sure=False)


def _grouped(array: Array, wanted: list[Expr]) -> Axes:
    """Deal the indices out, in order, so that each group has the wanted length."""
    left = list(array.indices)
    groups: list[tuple[Index, ...]] = []
    for length in wanted:
        group: list[Index] = []
        while axis_length(group) is not length:
            if not left or (group and not _divides(axis_length(group), length)):
                raise _misfit(array, wanted)
            index = left.pop(0)
            part = length / axis_length(group)
            group.append(index)
            if axis_length(group) is not length and not _divides(axis_length(group), length):
                _split(array, index, part, wanted)
        groups.append(tuple(group))
    if left:
        raise _misfit(array, wanted)
    return tuple(groups)


def _divides(part: Expr, whole: Expr) -> bool:
    """True where `part` may be the length of some of the dims that make up `whole`."""
    ratio = whole / part
    if isinstance(ratio, nodes.Num):
        return ratio.value.denominator == 1
    factors = ratio.args if isinstance(ratio, nodes.Mul) else (ratio,)
    return not any(
        (isinstance(f, nodes.Num) and f.value.denominator > 1)
        or (isinstance(f, nodes.Pow) and isinstance(f.args[1], nodes.Num) and f.args[1].value < 0)
        for f in factors
    )


def _split(array: Array, index: Index, outer: Expr, wanted: list[Expr]) -> None:
    """Ask for the dim to be split as (outer, rest), where either part is a plain number."""
    dim = index.dim
    if dim.extent or dim.is_batch:
        raise _misfit(array, wanted)
    inner = nodes.size(dim) / outer
    if isinstance(outer, nodes.Num) and outer.value.denominator == 1:
        whole = int(outer.value)
        if dim.length is None or (dim.length % whole == 0 and whole < dim.length):
            raise Split(dim, (whole, dim.length // whole if dim.length else None))
    if divisor := _divisor(outer, inner):
        raise Split(dim, (None, divisor))
    raise _misfit(array, wanted)


def _divisor(outer: Expr, inner: Expr) -> int | None:
    """k where outer is ⌊n/k⌋ or n/k."""
    if isinstance(inner, nodes.Num) and inner.value.denominator == 1:
        return int(inner.value)
    if isinstance(outer, nodes.Call) and outer.function == "floor":
        count, rest = nodes.coefficient(outer.args[0])
        if count.numerator == 1 and isinstance(rest, nodes.Size):
            return count.denominator
    return None


def _misfit(array: Array, wanted: list[Expr]) -> Exception:
    shape = ", ".join(map(repr, wanted))
    return current().unsupported(
        f"reshape of {array.described()} to ({shape}) does not keep named dims whole; "
        "a reshape may merge neighbouring "
        "dims, and split a dim by a number"
    )


rules({"reshape": reshape})
METHODS["reshape"] = reshape
