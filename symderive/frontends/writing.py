"""`x[key] = value`: the array holds, from then on, a choice by index between the new and the
old."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import MINUS_ONE, ONE, ZERO, Expr
from ..index.walk import substitute
from .array import BOOL, FLOAT, Array, apply, made, number_axes, rename
from .booleans import choose
from .broadcasting import align, as_array
from .context import current, refused_or_again, spread
from .masked import REFUSED, Chosen, same
from .reductions import reduced
from .registry import METHODS, rules
from .selection import Selection, is_mask, select, spelled_out


def setitem(array: Array, key: Any, value: Any) -> None:
    """`array[key] = value`."""
    key = key if isinstance(key, tuple) else (key,)
    if isinstance(value, Chosen):
        _write_back(array, key, value)
        return
    new = as_array(value)
    if array.kind != FLOAT and new.kind == FLOAT:
        raise current().wrong("whole numbers or truth values cannot hold a real result in place")
    if len(key) == 1 and is_mask(key[0]):
        array.store(_masked(array, as_array(key[0]), new))
        return
    mask = _known_places(array, key) if not new.axes else None
    if mask is not None:
        array.store(_masked(array, mask, new))
        return
    selection = select(array, spelled_out(array, key))
    if _is_there(array, selection, new):
        return
    array.store(replaced(array, selection, new))


def _write_back(array: Array, key: tuple[Any, ...], value: Chosen) -> None:
    """`array[mask] = ...` of elements that the same mask chose."""
    if len(key) != 1 or not is_mask(key[0]) or not same(as_array(key[0]), value.mask):
        raise current().unsupported(REFUSED)
    array.store(laid_over(array, value.held(array)))


def _is_there(array: Array, selection: Selection, new: Array) -> bool:
    """True where `x[key] += v` has written through the view x[key] before Python assigns it."""
    if new.view is None or new.view.parent is not array:
        return False
    held = selection.read(array)
    return held.value is new.value and held.axes == new.axes


def _known_places(array: Array, key: tuple[Any, ...]) -> Array | None:
    """The places of a key with lists of numbers as a mask, where they are all of known lengths."""
    if not any(isinstance(k, np.ndarray | list) for k in key) or len(key) > len(array.axes):
        return None
    if not all(isinstance(k, np.ndarray | list | int | np.integer | slice) for k in key):
        return None
    axes = array.axes[: len(key)]
    lengths = [axis[0].dim.length if len(axis) == 1 else None for axis in axes]
    if any(length is None for length in lengths) or _holds_symbolic(key):
        return None
    mask = np.zeros([n or 0 for n in lengths], bool)
    mask[key] = True
    known = as_array(mask)
    return Array(known.value, known.axes, BOOL)


def _holds_symbolic(values: Any) -> bool:
    return any(
        isinstance(v, Array) or (isinstance(v, list | tuple) and _holds_symbolic(v)) for v in values
    )


def _masked(array: Array, mask: Array, new: Array) -> Array:
    """What `array` holds once `array[mask] = number`."""
    if new.axes:
        raise current().unsupported(
            "x[mask] = array is not supported; write x = np.where(mask, array, x)"
        )
    missing = len(array.axes) - len(mask.axes)  # a mask covers the leading axes
    mask = Array(mask.value, (*mask.axes, *[()] * missing), BOOL)
    return laid_over(array, apply("where", mask, new, array))


def laid_over(array: Array, new: Array) -> Array:
    """`new` broadcast to the axes of `array`."""
    if array.kind == BOOL and new.kind != BOOL:
        new = apply("not_equal", new, 0)
    if len(new.axes) <= len(array.axes):
        (value, _), axes = align(new, Array(ZERO, array.axes, array.kind))
        if tuple(tuple(i.dim for i in a) for a in axes) == array.layout:
            return Array(value, axes, array.kind)
    raise current().wrong(f"values of dims {new.described()} do not fit into {array.described()}")


def replaced(array: Array, selection: Selection, new: Array) -> Array:
    """What `array` holds once the selection is replaced by `new`."""
    apart = _to_take_apart(selection)
    if apart is not None:
        return _one_by_one(array, selection, new, apart)
    value, inside, repeated = _placed(array, selection, new)
    if repeated:
        raise current().unsupported(
            "writing at labels that may repeat is not supported; np.add.at adds at labels, and "
            "np.where(labels == np.arange(n), new, old) chooses"
        )
    return made(choose(inside, value, array.value), array.axes, array.kind, "where")


def _to_take_apart(selection: Selection) -> Index | None:
    """A selected index of known length whose places are no stretch of an axis, as in x[::2]."""
    for place in selection.places.values():
        for index in sorted(i for i in place.free if i.dim.length is not None):
            if index not in {i for axis in selection.axes for i in axis}:
                continue
            start = substitute(place, {index: ZERO})
            step = spread(substitute(place, {index: ONE}) - start)
            elsewhere = [p for p in selection.places.values() if index in p.free]
            if step not in (ONE, MINUS_ONE) or len(elsewhere) > 1:
                return index
    return None


def _one_by_one(array: Array, selection: Selection, new: Array, index: Index) -> Array:
    """The same for one place of an index after the other; the last one stays, as in NumPy."""
    held = Array(array.value, array.axes, array.kind)
    target = Array(ZERO, selection.axes, array.kind)
    shaped = _fitted(target, new)
    value = rename(shaped.value, zip(shaped.indices, target.indices, strict=True))
    axes = tuple(tuple(i for i in axis if i != index) for axis in selection.axes)
    for number in range(index.dim.length or 0):
        at: dict[Index, Expr] = {index: nodes.num(number)}
        places = {i: substitute(p, at) for i, p in selection.places.items()}
        part = Array(substitute(value, at), axes, new.kind)
        held = replaced(held, Selection(places, axes), part)
    return held


def add_at(array: Any, key: Any, value: Any) -> None:
    """`np.add.at(array, key, value)`: what is added at one place is summed."""
    if not isinstance(array, Array):
        raise refused_or_again("np.add.at on a plain NumPy array: make it with np.zeros_like")
    key = key if isinstance(key, tuple) else (key,)
    full = spelled_out(array, key)
    added, inside, repeated = _placed(array, select(array, full), as_array(value))
    total = reduced("sum", inside * added, repeated)
    array.store(made(array.value + total, array.axes, array.kind, "sum"))


def _placed(array: Array, selection: Selection, new: Array) -> tuple[Expr, Expr, list[Index]]:
    """The new value at the indices of the array, the condition for lying inside the selection, and
    the indices of the selection that the place does not tell."""
    target = Array(ZERO, selection.axes, array.kind)
    shaped = _fitted(target, new)
    value = rename(shaped.value, zip(shaped.indices, target.indices, strict=True))
    back: dict[Index, Expr] = {}
    inside: Expr = ONE
    for index, place in selection.places.items():
        inside = inside * _inside(index, place, target.indices, back)
    kept = set(array.indices) - set(selection.places)
    repeated = [i for i in target.indices if i not in back and i not in kept]
    return substitute(value, back), substitute(inside, back), repeated


def _fitted(target: Array, new: Array) -> Array:
    if new.layout == target.layout:
        return new
    plain_target = Array(ZERO, number_axes(target.layout), target.kind)
    return laid_over(plain_target, new)


def _inside(
    index: Index, place: Expr, selected: tuple[Index, ...], back: dict[Index, Expr]
) -> Expr:
    """When `index` is a `place` of the selection; `back` learns which one, where the place tells
    it."""
    inner = [i for i in selected if i in place.free and i not in back]
    if len(inner) != 1 or place.tensors:
        return nodes.delta(index, place)
    start = substitute(place, {inner[0]: ZERO})
    step = spread(substitute(place, {inner[0]: ONE}) - start)
    if step not in (ONE, MINUS_ONE):
        raise current().unsupported(
            "writing into a slice with a step other than 1 is not supported"
        )
    back[inner[0]] = spread(step * (nodes.idx(index) - start))
    first, last = start, spread(start + step * (nodes.size(inner[0].dim) - 1))
    low, high = (first, last) if step is ONE else (last, first)
    condition = ONE if low is ZERO else nodes.bracket("ge", index, low)
    whole = high is spread(nodes.size(index.dim) - 1)
    return condition if whole else condition * nodes.bracket("ge", high, index)


def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Every element of dst, or those where a mask holds, becomes that of src."""
    if not isinstance(dst, Array):
        raise refused_or_again("np.copyto into a plain NumPy array: make it with np.zeros_like")
    setitem(dst, Ellipsis, src if where is True else apply("where", where, src, dst))


rules({"copyto": copyto})
rules({"add.at": add_at, "subtract.at": lambda a, k, v: add_at(a, k, -as_array(v))})
METHODS.update({"setitem": setitem, "fill": lambda array, value: setitem(array, ..., value)})
