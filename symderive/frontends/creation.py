"""New arrays: constants, zeros, the identity, ranges of symbolic length, arrays joined end to end,
triangles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import ONE, ZERO, Expr, bracket, delta, idx, num
from .array import BOOL, FLOAT, INT, Array, apply, made, number_axes
from .broadcasting import align, as_array
from .constants import number
from .context import constant_dim, current, linear, spread
from .elementwise import KIND_OF, itself, refuse
from .patterns import rule_of
from .registry import rules
from .reshape import as_shape

_LARGEST = 64  # a constant array is written out element by element
_FEW = 4  # truth values at more places are one condition on a table, whose opposite is one as well


def constant_array(value: Any) -> Array:
    """An array of numbers by its rule, or a small one as Σ over places of the number times δ."""
    if isinstance(value, (list, tuple)) and _holds_symbolic(value):
        return apply("stack", [as_array(v) for v in value])
    array = np.asarray(value)
    if array.size == 0:
        raise current().unsupported("an empty constant array is not supported")
    kind = KIND_OF.get(array.dtype.kind, INT)
    axes = number_axes([(constant_dim(n),) if n > 1 else () for n in array.shape])
    rule = rule_of(array, axes) if array.dtype.kind in "iufb" else None
    if rule is not None:
        return Array(rule, axes, kind)
    if array.dtype.kind not in "iufb" or array.size > _LARGEST:
        raise current().unsupported(
            f"a constant array of shape {array.shape} is too large to be written out, or "
            "not of numbers: "
            "make it an argument of the forward and name its dims"
        )
    terms = []
    for place in product(*(range(n) for n in array.shape)):
        if not array[place]:
            continue
        at = nodes.mul(*(delta(axis[0], p) for axis, p in zip(axes, place, strict=True) if axis))
        terms.append(at * number(array[place]))
    table = nodes.add(*terms)
    long = kind == BOOL and len(terms) > _FEW
    return Array(bracket("gt", table, 0) if long else table, axes, kind)


def _holds_symbolic(values: Any) -> bool:
    return any(
        isinstance(v, Array) or (isinstance(v, (list, tuple)) and _holds_symbolic(v))
        for v in values
    )


def axis_of(length: Expr) -> tuple[Dim, ...]:
    """The dims of a new axis of this length."""
    if length is ONE:
        return ()
    if isinstance(length, nodes.Mul):
        count, rest = nodes.coefficient(length)
        factors = rest.args if isinstance(rest, nodes.Mul) else (rest,)
        if count.denominator == 1 and all(isinstance(f, nodes.Size) for f in factors):
            head = (constant_dim(count.numerator),) if count != 1 else ()
            dims = tuple(f.dim for f in factors if isinstance(f, nodes.Size))
            return (*head, *current().merged.get(frozenset(dims), dims))  # n t is t n, as a length
    if isinstance(length, nodes.Size):
        return (length.dim,)
    form = linear(length)
    if form is None:
        raise current().unsupported(
            f"an axis of length {length!r}, which is not linear in the named dims"
        )
    return (current().derived(form),)


def filled(value: Any, shape: Any) -> Array:
    """One number over a shape."""
    axes = number_axes([axis_of(length) for length in as_shape(shape)])
    number_of = as_array(value)
    if number_of.axes:
        raise current().unsupported("np.full with an array as its value is not supported")
    return Array(number_of.value, axes, number_of.kind)


def _fill(value: float) -> Callable[..., Array]:
    def rule(shape: Any, dtype: Any = None, order: str = "C", **options: Any) -> Array:
        refuse(options)
        return filled(np.dtype(dtype or float).type(value), shape)

    return rule


def _fill_like(value: float) -> Callable[..., Array]:
    def rule(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        **options: Any,
    ) -> Array:
        refuse(options)
        array = as_array(a)
        if shape is not None:
            return filled(value, shape)
        kind = KIND_OF[np.dtype(dtype).kind] if dtype is not None else array.kind
        return Array(num(int(value)), array.axes, kind)

    return rule


def _is_real(dtype: Any) -> bool:
    return dtype is None or np.dtype(dtype).kind == "f"


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **options: Any) -> Array:
    """One number over a shape."""
    refuse(options)
    if dtype is not None:
        fill_value = _kept_as(as_array(fill_value), KIND_OF[np.dtype(dtype).kind])
    return filled(fill_value, shape)


def _kept_as(value: Array, kind: str) -> Array:
    """A value in an array of this kind: whole numbers drop what stands behind the point."""
    if kind == FLOAT or value.kind in (kind, BOOL):
        return Array(value.value, value.axes, kind)
    if isinstance(value.value, nodes.Num):
        number = value.value.value
        return Array(num(int(bool(number) if kind == BOOL else number)), value.axes, kind)
    return apply("astype", value, bool if kind == BOOL else int)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
) -> Array:
    """One number over the axes of another array."""
    array = as_array(a)
    kind = array.kind if dtype is None else KIND_OF[np.dtype(dtype).kind]
    value = _kept_as(as_array(fill_value), kind)
    (filling, _), axes = align(value, Array(ZERO, array.axes))
    return Array(filling, axes, kind)


def eye(
    N: Any, M: Any = None, k: int = 0, dtype: Any = None, order: str = "C", **options: Any
) -> Array:
    """δ_ij, or its k-th neighbour."""
    refuse(options)
    rows = as_array(N).value
    axes = number_axes([axis_of(rows), axis_of(rows if M is None else as_array(M).value)])
    row, column = place_on(axes[0]), place_on(axes[1])
    return Array(delta(row + k, column), axes, KIND_OF[np.dtype(dtype).kind])


def place_on(axis: tuple[Index, ...]) -> Expr:
    """The place along a real axis, counted from 0."""
    place: Expr = ZERO
    for index in axis:
        place = place * nodes.size(index.dim) + idx(index)
    return place


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None, **options: Any) -> Array:
    """0, 1, ..., stop - 1 as an index."""
    refuse(options)
    begin, end = (0, start) if stop is None else (start, stop)
    first, last, stride = (as_array(v).value for v in (begin, end, step))
    axes = number_axes([axis_of(spread(last - first) / stride)])
    kind = FLOAT if dtype is not None and _is_real(dtype) else INT
    if any(as_array(v).kind == FLOAT for v in (begin, end, step)):
        kind = FLOAT
    return Array(first + stride * place_on(axes[0]), axes, kind)


def _triangle(relation: str) -> Callable[..., Array]:
    def rule(m: Any, k: int = 0) -> Array:
        array = as_array(m)
        if len(array.axes) < 2:
            raise current().wrong("np.tril and np.triu want a matrix")
        row, column = place_on(array.axes[-2]), place_on(array.axes[-1])
        return made(
            bracket(relation, row + k, column) * array.value, array.axes, array.kind, "triangle"
        )

    return rule


def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None, **options: Any) -> Array:
    """1 on and below the k-th diagonal."""
    square = eye(N, M, dtype=dtype)
    row, column = place_on(square.axes[0]), place_on(square.axes[1])
    return Array(bracket("ge", row + k, column), square.axes, square.kind)


def asarray(a: Any, dtype: Any = None, **options: Any) -> Array:
    """The array itself, or a stack of a list of arrays."""
    refuse(options)
    array = as_array(a)
    return array if dtype is None else array.astype(dtype, copy=False)


def contiguous(a: Any, dtype: Any = None, **options: Any) -> Array:
    """The array itself where it lies in memory in the order of its axes, else a copy."""
    array = asarray(a, dtype, **options)
    return itself(array if array.axes else apply("expand_dims", array, 0))


def new_array(
    object: Any, dtype: Any = None, *, copy: Any = True, ndmin: int = 0, **options: Any
) -> Array:
    """A copy, or with copy=None the array itself where it need not be converted."""
    refuse(options)
    array = asarray(object, dtype)
    missing = tuple(range(ndmin - len(array.axes)))
    if copy is not True:
        return apply("expand_dims", array, missing) if missing else array
    array = Array(array.value, array.axes, array.kind)
    return apply("expand_dims", array, missing) if missing else array


rules(
    {
        "constant": constant_array,
        "zeros": _fill(0),
        "ones": _fill(1),
        "empty": _fill(0),
        "full": full,
        "zeros_like": _fill_like(0),
        "ones_like": _fill_like(1),
        "empty_like": _fill_like(0),
        "full_like": full_like,
        "eye": eye,
        "identity": lambda n, dtype=None, **o: eye(n, dtype=dtype),
        "arange": arange,
        "tri": tri,
        "tril": _triangle("ge"),
        "triu": _triangle("le"),
        "asarray": asarray,
        "ascontiguousarray": contiguous,
        "asanyarray": asarray,
        "array": new_array,
    }
)
