"""New arrays: constants, zeros, the identity, ranges of symbolic length, arrays joined end to end, triangles."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import ONE, ZERO, Expr, bracket, delta, idx, num
from ..index.walk import substitute
from .array import (
    FLOAT,
    INT,
    Array,
    Axes,
    align,
    as_array,
    axis_length,
    fits,
    made,
    number_axes,
    place_of,
    rename,
)
from .constants import number
from .context import constant_dim, current, linear, spread
from .elementwise import refuse
from .registry import rules
from .shapes import as_shape, expand_dims, moveaxis

At = Callable[[tuple[Expr, ...]], Expr]
_LARGEST = 64  # a constant array is written out element by element


def constant_array(value: Any) -> Array:
    """A small array of numbers: Σ over places of the number times δ."""
    if isinstance(value, (list, tuple)) and _holds_symbolic(value):
        return stack([as_array(v) for v in value])
    array = np.asarray(value)
    if array.dtype.kind not in "iufb" or array.size > _LARGEST:
        raise current().unsupported(
            f"a constant array of shape {array.shape} is too large to be written out, or not of numbers: "
            "make it an argument of the forward and name its dims"
        )
    if array.size == 0:
        raise current().unsupported("an empty constant array is not supported")
    kind = FLOAT if array.dtype.kind == "f" else INT
    axes = number_axes([(constant_dim(n),) if n > 1 else () for n in array.shape])
    terms = []
    for place in product(*(range(n) for n in array.shape)):
        at = nodes.mul(*(delta(axis[0], p) for axis, p in zip(axes, place, strict=True) if axis))
        terms.append(at * number(array[place]))
    first = number(array.flat[0])
    if all(number(v) is first for v in array.flat):
        return Array(first, axes, kind)
    return Array(nodes.add(*terms), axes, kind)


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
            return (*head, *(f.dim for f in factors if isinstance(f, nodes.Size)))
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
        return filled(float(value), shape) if _is_real(dtype) else filled(int(value), shape)

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
        kind = (FLOAT if _is_real(dtype) else INT) if dtype is not None else array.kind
        return Array(num(int(value)), array.axes, kind)

    return rule


def _is_real(dtype: Any) -> bool:
    return dtype is None or np.dtype(dtype).kind == "f"


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **options: Any) -> Array:
    """One number over a shape."""
    refuse(options)
    return filled(fill_value, shape)


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
) -> Array:
    """One number over the axes of another array."""
    array, value = as_array(a), as_array(fill_value)
    (filling, _), axes = align(value, Array(ZERO, array.axes))
    return Array(filling, axes, array.kind if array.kind == FLOAT else value.kind)


def eye(
    N: Any, M: Any = None, k: int = 0, dtype: Any = None, order: str = "C", **options: Any
) -> Array:
    """δ_ij, or its k-th neighbour."""
    refuse(options)
    rows = as_array(N).value
    axes = number_axes([axis_of(rows), axis_of(rows if M is None else as_array(M).value)])
    row, column = _place(axes[0]), _place(axes[1])
    return Array(delta(row + k, column), axes, FLOAT if _is_real(dtype) else INT)


def _place(axis: tuple[Index, ...]) -> Expr:
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
    return Array(first + stride * _place(axes[0]), axes, kind)


def _triangle(relation: str) -> Callable[..., Array]:
    def rule(m: Any, k: int = 0) -> Array:
        array = as_array(m)
        if len(array.axes) < 2:
            raise current().wrong("np.tril and np.triu want a matrix")
        row, column = _place(array.axes[-2]), _place(array.axes[-1])
        return made(
            bracket(relation, row + k, column) * array.value, array.axes, array.kind, "triangle"
        )

    return rule


def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = None, **options: Any) -> Array:
    """1 on and below the k-th diagonal."""
    square = eye(N, M, dtype=dtype)
    row, column = _place(square.axes[0]), _place(square.axes[1])
    return Array(bracket("ge", row + k, column), square.axes, square.kind)


def diag(v: Any, k: int = 0) -> Array:
    """The diagonal of a matrix, or the matrix of a diagonal."""
    array = as_array(v)
    if k:
        raise current().unsupported("np.diag with k other than 0 is not supported")
    if len(array.axes) == 2:
        from .contractions import diagonal

        return diagonal(array)
    axes = number_axes([tuple(i.dim for i in array.axes[0])] * 2)
    value = rename(array.value, zip(array.axes[0], axes[0], strict=True))
    return made(delta(_place(axes[0]), _place(axes[1])) * value, axes, array.kind)


def concatenate(
    arrays: Any, axis: Any = 0, out: Any = None, dtype: Any = None, casting: str = "same_kind"
) -> Array:
    """Arrays end to end: each is chosen where the index lies in its stretch."""
    parts = [as_array(a) for a in arrays]
    if axis is None:
        parts, axis = [Array(p.value, (p.indices,), p.kind) for p in parts], 0
    place = place_of(parts[0], axis)
    if any(len(p.axes) != len(parts[0].axes) for p in parts):
        raise current().wrong("np.concatenate wants arrays with equally many axes")
    if all(fits(p.layout[place], parts[0].layout[place]) for p in parts):
        return _side_by_side(parts, place)
    ends: list[Expr] = [ZERO]
    for part in parts:
        if len(part.axes[place]) > 1:
            raise current().unsupported(
                "np.concatenate along merged axes of different dims is not supported"
            )
        ends.append(spread(ends[-1] + axis_length(part.axes[place])))
    form = linear(ends[-1])
    if form is None:
        raise current().unsupported(
            f"a joined axis of length {ends[-1]!r}, which is not linear in the named dims"
        )
    values, axes = _aligned_rest(parts, place, (current().derived(form),))
    index = idx(axes[place][0])
    terms = []
    for n, value in enumerate(values):
        inside = ONE if n == 0 else bracket("ge", index, ends[n])
        inside = inside * (ONE if n == len(values) - 1 else bracket("gt", ends[n + 1], index))
        terms.append(inside * value((index - ends[n],)))
    return made(nodes.add(*terms), axes, _common_kind(parts), "concatenate")


def _side_by_side(parts: list[Array], place: int) -> Array:
    """Equal stretches: the joined axis holds the number of the part, and the place in it."""
    if len(parts) == 1:
        return parts[0]
    joined = (constant_dim(len(parts)), *parts[0].layout[place])
    values, axes = _aligned_rest(parts, place, joined)
    number, *inner = axes[place]
    terms = [delta(number, n) * value(tuple(map(idx, inner))) for n, value in enumerate(values)]
    return made(nodes.add(*terms), axes, _common_kind(parts), "concatenate")


def _common_kind(parts: list[Array]) -> str:
    return FLOAT if any(p.kind == FLOAT for p in parts) else INT


def _aligned_rest(parts: list[Array], place: int, joined: tuple[Dim, ...]) -> tuple[list[At], Axes]:
    """Each part as a function of its places along the joined axis, over common other axes."""
    hidden = [
        Array(p.value, tuple(() if q == place else a for q, a in enumerate(p.axes)), p.kind)
        for p in parts
    ]
    _, common = align(*(Array(ZERO, h.axes) for h in hidden))
    axes = number_axes(
        [joined if q == place else tuple(i.dim for i in a) for q, a in enumerate(common)]
    )
    functions: list[At] = []
    for part in parts:
        pairs = [
            pair
            for q, a in enumerate(part.axes)
            if q != place
            for pair in zip(a, axes[q], strict=False)
        ]
        functions.append(_at(part, place, dict(pairs)))
    return functions, axes


def _at(part: Array, place: int, pairs: dict[Index, Index]) -> At:
    def value(at: tuple[Expr, ...]) -> Expr:
        own = dict(zip(part.axes[place], at, strict=False))  # an axis of length one has no place
        return substitute(part.value, {**{a: idx(b) for a, b in pairs.items()}, **own})

    return value


def stack(arrays: Any, axis: Any = 0, **options: Any) -> Array:
    """Arrays side by side along a new axis."""
    refuse(options)
    parts = [as_array(a) for a in arrays]
    return concatenate(
        [expand_dims(p, axis) for p in parts], place_of(expand_dims(parts[0], axis), axis)
    )


def hstack(tup: Any, **options: Any) -> Array:
    """Side by side along the second axis, or the only one."""
    parts = [as_array(a) for a in tup]
    return concatenate(parts, 0 if len(parts[0].axes) == 1 else 1)


def vstack(tup: Any, **options: Any) -> Array:
    """On top of one another."""
    parts = [as_array(a) for a in tup]
    return concatenate([expand_dims(p, 0) if len(p.axes) == 1 else p for p in parts], 0)


def flip(m: Any, axis: Any = None) -> Array:
    """The axes read backwards."""
    array = as_array(m)
    places = (
        range(len(array.axes))
        if axis is None
        else [place_of(array, a) for a in np.atleast_1d(axis).tolist()]
    )
    return array[
        tuple(slice(None, None, -1) if p in places else slice(None) for p in range(len(array.axes)))
    ]


def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """y_i = x_(i - shift), around the end."""
    array = as_array(a)
    place = place_of(array, 0 if axis is None and len(array.axes) == 1 else axis)
    if not isinstance(shift, (int, np.integer)) or len(array.axes[place]) != 1:
        raise current().unsupported("np.roll is supported for a whole number along one named dim")
    if shift == 0:
        return array
    (index,) = array.axes[place]
    length, by = nodes.size(index.dim), int(shift)
    near = substitute(array.value, {index: idx(index) - by})
    if by > 0:
        wrapped = substitute(array.value, {index: idx(index) - by + length})
        value = bracket("ge", index, by) * near + bracket("gt", num(by), index) * wrapped
    else:
        wrapped = substitute(array.value, {index: idx(index) - by - length})
        value = (
            bracket("gt", length + by, index) * near + bracket("ge", index, length + by) * wrapped
        )
    return made(value, array.axes, array.kind, "roll")


def diff(a: Any, n: int = 1, axis: Any = -1) -> Array:
    """x_(i+1) - x_i, n times."""
    array = as_array(a)
    for _ in range(n):
        place = place_of(array, axis)
        head = tuple(slice(None) for _ in range(place))
        array = array[(*head, slice(1, None))] - array[(*head, slice(None, -1))]
    return array


def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """Equal parts, or parts between given places."""
    array = as_array(ary)
    place = place_of(array, axis)
    head = tuple(slice(None) for _ in range(place))
    if isinstance(indices_or_sections, (int, np.integer)):
        step = as_array(array.shape[place]) // int(indices_or_sections)
        marks: list[Any] = [step * k for k in range(int(indices_or_sections) + 1)]
    else:
        marks = [None, *indices_or_sections, None]
    return [array[(*head, slice(a, b))] for a, b in zip(marks, marks[1:], strict=False)]


def pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0, **options: Any
) -> Array:
    """Zeros (or another number) around the edges."""
    if mode != "constant" or options:
        raise current().unsupported("np.pad is supported with mode='constant'")
    array = as_array(array)
    widths = np.broadcast_to(np.asarray(pad_width), (len(array.axes), 2)).tolist()
    for place, (before, after) in enumerate(widths):
        for width, front in ((before, True), (after, False)):
            if width:
                shape = [width if p == place else n for p, n in enumerate(array.shape)]
                edge = filled(constant_values, shape)
                array = concatenate([edge, array] if front else [array, edge], place)
    return array


def asarray(a: Any, dtype: Any = None, **options: Any) -> Array:
    """The array itself, or a stack of a list of arrays."""
    array = as_array(a)
    return array if dtype is None else array.astype(dtype)  # type: ignore[no-any-return]


def new_array(object: Any, dtype: Any = None, **options: Any) -> Array:
    """A copy."""
    array = asarray(object, dtype)
    return Array(array.value, array.axes, array.kind)


rules(
    {
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
        "diag": diag,
        "concatenate": concatenate,
        "concat": concatenate,
        "stack": stack,
        "hstack": hstack,
        "vstack": vstack,
        "flip": flip,
        "fliplr": lambda m: flip(m, 1),
        "flipud": lambda m: flip(m, 0),
        "roll": roll,
        "diff": diff,
        "split": split,
        "array_split": split,
        "pad": pad,
        "asarray": asarray,
        "ascontiguousarray": asarray,
        "asanyarray": asarray,
        "array": new_array,
    }
)
