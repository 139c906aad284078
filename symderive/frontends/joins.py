"""Arrays joined end to end, cut apart, turned around and padded."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import ONE, ZERO, Expr, bracket, delta, idx
from ..index.walk import substitute
from .array import BOOL, Array, Axes, apply, common_kind, made, number_axes, rename
from .broadcasting import align, as_array, axis_length, fits, is_batched, place_of, places_of
from .context import constant_dim, current, linear, spread
from .creation import axis_of, filled
from .elementwise import copy, refuse
from .indexing import along
from .registry import rules
from .shapes import expand_dims

At = Callable[[tuple[Expr, ...]], Expr]


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
    alike = all(fits(p.layout[place], parts[0].layout[place]) for p in parts)
    if alike and not _has_length(parts[0].layout[place]):
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
    return made(nodes.add(*terms), axes, common_kind(parts), "concatenate")


def _has_length(axis: tuple[Dim, ...]) -> bool:
    """True for one dim of a known length: two of 4 are 8, and not 2 of 4."""
    return len(axis) == 1 and axis[0].length is not None


def _side_by_side(parts: list[Array], place: int) -> Array:
    """Equal stretches: the joined axis holds the number of the part, and the place in it."""
    if len(parts) == 1:
        return copy(parts[0])
    whole = constant_dim(len(parts))
    counted = current().refined.get(whole.name, (whole,))  # 9 parts may be 3 rows of 3
    values, axes = _aligned_rest(parts, place, (*counted, *parts[0].layout[place]))
    digits, inner = axes[place][: len(counted)], axes[place][len(counted) :]
    lengths = [d.length or 1 for d in counted]
    terms = []
    for n, value in enumerate(values):
        at = np.unravel_index(n, lengths)
        here = nodes.mul(*(delta(i, int(k)) for i, k in zip(digits, at, strict=True)))
        terms.append(here * value(tuple(map(idx, inner))))
    return made(nodes.add(*terms), axes, common_kind(parts), "concatenate")


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
    place = axis if axis < 0 or is_batched(parts[0]) else axis - len(parts[0].axes) - 1
    return concatenate([expand_dims(p, place) for p in parts], place)


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
    if axis is None and is_batched(array):
        raise current().wrong("np.flip turns '...' around too; give it an axis")
    for place in places_of(array, axis):
        array = along(array, place, slice(None, None, -1))
    return array


def tile(A: Any, reps: Any) -> Array:
    """The array again and again along its axes."""
    array = as_array(A)
    counts = list(reps) if isinstance(reps, (tuple, list)) else [reps]
    array = (
        expand_dims(array, tuple(range(len(counts) - len(array.axes))))
        if len(counts) > len(array.axes)
        else array
    )
    counts = [1] * (len(array.axes) - len(counts)) + counts
    axes = number_axes(
        (*_times(n), *(i.dim for i in axis)) for n, axis in zip(counts, array.axes, strict=True)
    )
    pairs = [
        p
        for old, new in zip(array.axes, axes, strict=True)
        for p in zip(reversed(old), reversed(new), strict=False)
    ]
    return Array(rename(array.value, pairs), axes, array.kind)


def repeat(a: Any, repeats: Any, axis: Any = None) -> Array:
    """Every element several times in a row."""
    array = as_array(a)
    if axis is None:
        array, axis = Array(array.value, (array.indices,), array.kind), -1
    place = place_of(array, axis)
    axes = number_axes(
        (*(i.dim for i in held), *(_times(repeats) if p == place else ()))
        for p, held in enumerate(array.axes)
    )
    pairs = [
        p for old, new in zip(array.axes, axes, strict=True) for p in zip(old, new, strict=False)
    ]
    return Array(rename(array.value, pairs), axes, array.kind)


def _times(count: Any) -> tuple[Dim, ...]:
    return axis_of(as_array(count).value)


def kron(a: Any, b: Any) -> Array:
    """a_ij b_kl over the merged axes (i k), (j l)."""
    left, right = as_array(a), as_array(b)
    if len(left.axes) != len(right.axes):
        raise current().unsupported("np.kron is supported for arrays with equally many axes")
    axes = number_axes(
        tuple(i.dim for i in (*p, *q)) for p, q in zip(left.axes, right.axes, strict=True)
    )
    firsts = [
        pair for p, new in zip(left.axes, axes, strict=True) for pair in zip(p, new, strict=False)
    ]
    seconds = [
        pair
        for q, new in zip(right.axes, axes, strict=True)
        for pair in zip(reversed(q), reversed(new), strict=False)
    ]
    return made(
        rename(left.value, firsts) * rename(right.value, seconds), axes, common_kind([left, right])
    )


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Array:
    """The first choice whose condition holds."""
    result = as_array(default)
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = apply("where", condition, choice, result)
    return result


def roll(a: Any, shift: Any, axis: Any = None) -> Array:
    """y_i = x_(i - shift), around the end; along several axes one after the other."""
    array = copy(a)
    if axis is None and len(array.axes) == 1:
        axis = 0
    if isinstance(axis, tuple):
        shifts = shift if isinstance(shift, tuple) else (shift,) * len(axis)
        for by, one in zip(shifts, axis, strict=True):
            array = roll(array, by, one)
        return array
    place = place_of(array, axis)
    if not isinstance(shift, (int, np.integer)) or len(array.axes[place]) != 1:
        raise current().unsupported("np.roll is supported for whole numbers along named dims")
    (index,) = array.axes[place]
    before = nodes.mod(idx(index) - int(shift), nodes.size(index.dim))
    return made(substitute(array.value, {index: before}), array.axes, array.kind, "roll")


def diff(a: Any, n: int = 1, axis: Any = -1) -> Array:
    """x_(i+1) - x_i, n times."""
    array = as_array(a)
    for _ in range(n):
        place = place_of(array, axis)
        after, before = along(array, place, slice(1, None)), along(array, place, slice(None, -1))
        array = apply("not_equal" if array.kind == BOOL else "subtract", after, before)
    return array


def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Array]:
    """Equal parts, or parts between given places."""
    array = as_array(ary)
    place = place_of(array, axis)
    if isinstance(indices_or_sections, (int, np.integer)):
        parts, length = int(indices_or_sections), array.shape[place]
        if isinstance(length, int) and length % parts:
            raise current().wrong(
                f"an axis of length {length} cannot be cut into {parts} equal parts"
            )
        marks: list[Any] = [as_array(length) // parts * k for k in range(parts + 1)]
    else:
        marks = [None, *indices_or_sections, None]
    return [along(array, place, slice(a, b)) for a, b in pairwise(marks)]


def pad(
    array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0, **options: Any
) -> Array:
    """Zeros (or another number) around the edges."""
    if mode != "constant" or options:
        raise current().unsupported("np.pad is supported with mode='constant'")
    padded: Array = copy(array)
    widths = np.broadcast_to(np.asarray(pad_width), (len(padded.axes), 2)).tolist()
    for place, (before, after) in enumerate(widths):
        for width, front in ((before, True), (after, False)):
            if width:
                shape = [
                    width if p == place else n for p, n in enumerate(tuple.__iter__(padded.shape))
                ]
                edge = filled(constant_values, shape)
                if padded.kind == BOOL:
                    edge = apply("not_equal", edge, 0)
                parts = [edge, padded] if front else [padded, edge]
                padded = concatenate(parts, place - len(padded.axes))
    return padded


rules(
    {
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
        "tile": tile,
        "repeat": repeat,
        "kron": kron,
        "select": select,
    }
)
