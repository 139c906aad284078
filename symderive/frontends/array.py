"""The symbolic array that a forward runs on: one expression over the index variables of its real axes.

An axis holds one index, several where it is merged, none where its length is one. The indices of an array are numbered by
dim in the order of its axes, so equal values are equal expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.walk import substitute
from ..program import Layout
from .constants import number
from .context import Concrete, Write, current
from .dims import layout_text
from .operators import Operators

Axes = tuple[tuple[Index, ...], ...]
FLOAT, INT, BOOL = "float", "int", "bool"


@dataclass(frozen=True)
class View:
    """How an array looks at the storage of another: `read` makes its value, `write` the parent's value after a write."""

    parent: Array
    read: Callable[[Array], Array]
    write: Callable[[Array, Array], Array] | None


class Array(Operators):
    """A duck array for NumPy (NEP 13 and NEP 18). A view follows what is written to its parent, and writes through."""

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, value: Expr, axes: Axes, kind: str = FLOAT, view: View | None = None
    ) -> None:
        self._value, self._axes, self.kind, self.view = value, axes, kind, view
        self._seen = view.parent.version if view else 0
        self._version = 0

    @property
    def version(self) -> int:
        """Counts the writes to the storage."""
        return self.view.parent.version if self.view else self._version

    def _fresh(self) -> None:
        if self.view is not None and self._seen != self.view.parent.version:
            again = self.view.read(self.view.parent)
            self._value, self._axes, self._seen = again.value, again.axes, self.view.parent.version

    @property
    def value(self) -> Expr:
        """The element at the indices of the axes."""
        self._fresh()
        return self._value

    @property
    def axes(self) -> Axes:
        """The indices that each real axis holds."""
        self._fresh()
        return self._axes

    @property
    def indices(self) -> tuple[Index, ...]:
        """All indices, in the order of the axes."""
        return tuple(i for axis in self.axes for i in axis)

    @property
    def layout(self) -> Layout:
        """The dims that each real axis holds."""
        return tuple(tuple(i.dim for i in axis) for axis in self.axes)

    def store(self, new: Array) -> None:
        """Make this array, and the storage that it looks at, hold `new` (of the same axes)."""
        if self.view is not None:
            if self.view.write is None:
                raise current().unsupported(
                    "writing through this view is not supported; write to the array itself"
                )
            self.view.parent.store(self.view.write(self.view.parent, new))
            self._fresh()
            return
        current().writes.append(Write(self.owner(), current().place()))
        self._value = new.value
        self._version += 1

    def owner(self) -> str:
        """The name of the argument or variable whose storage this is, where it is known."""
        root = self
        while root.view is not None:
            root = root.view.parent
        if not isinstance(root.value, nodes.Ref):
            return ""
        cell = current().cells.get(root.value.tensor)
        return cell.name if cell else root.value.tensor.name

    def described(self) -> str:
        """The dims, for messages."""
        return f"({layout_text(self.layout)})"

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        from .dispatch import apply_ufunc  # dispatch sees all the rules, and rules make arrays

        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(
        self, func: Any, types: Any, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        from .dispatch import apply_function

        return apply_function(func, args, options)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise current().unsupported(
            "a symbolic array cannot become a plain NumPy array here: pass it to NumPy functions as it is, and use "
            "np.stack or np.concatenate in place of np.array([...])"
        )

    def __repr__(self) -> str:
        return f"Array{self.described()}"

    def concrete(self, what: str) -> None:
        """Raise for a use that needs a number: again with plain numbers where only parameters are asked, else an error."""
        tensors = self.value.tensors
        behind: set[nodes.Tensor] = set()
        for tensor in tensors:
            behind |= _sources(tensor)
        context = current()
        if behind and behind <= context.parameters:
            raise Concrete(frozenset(t.name for t in behind))
        if not tensors and not self.value.free:
            raise context.unsupported(
                f"{what} needs a number, but {self.value!r} is the length of a named dim and stays symbolic; "
                "write the loop as array operations, or give that dim a number in the dims"
            )
        raise context.unsupported(
            f"{what} needs a number, but the value depends on the data; "
            "use np.where for a choice, and array operations in place of loops"
        )


def _sources(tensor: nodes.Tensor) -> set[nodes.Tensor]:
    """The arguments and parameters that a provisional value comes from."""
    found: set[nodes.Tensor] = set()
    stack, seen = [tensor], {tensor}
    while stack:
        cell = current().cells.get(last := stack.pop())
        if cell is None:
            found.add(last)
        else:
            fresh = cell.value.tensors - seen
            seen |= fresh
            stack.extend(fresh)
    return found


def number_axes(layout: Iterable[Sequence[Dim]]) -> Axes:
    """Indices for axes: 0, 1, ... for each dim in order of appearance."""
    seen: dict[Dim, int] = {}
    axes = []
    for axis in layout:
        held = []
        for dim in axis:
            held.append(Index(dim, seen.get(dim, 0)))
            seen[dim] = seen.get(dim, 0) + 1
        axes.append(tuple(held))
    return tuple(axes)


def rename(expr: Expr, pairs: Iterable[tuple[Index, Index]]) -> Expr:
    """The expression over other index variables, all renamed at once."""
    changed = {a: nodes.idx(b) for a, b in pairs if a != b}
    return substitute(expr, changed) if changed else expr


def canonical(value: Expr, axes: Axes) -> tuple[Expr, Axes]:
    """The same array with its indices numbered by dim in the order of its axes."""
    numbered = number_axes(tuple(i.dim for i in axis) for axis in axes)
    flat, new = (tuple(i for axis in a for i in axis) for a in (axes, numbered))
    return rename(value, zip(flat, new, strict=True)), numbered


def made(value: Expr, axes: Axes, kind: str = FLOAT, hint: str = "") -> Array:
    """A computed array. Real values get a cell, so that what the user wrote stays as it was written."""
    value, axes = canonical(value, axes)
    if kind == FLOAT and value.tensors and not is_element(value):
        used = tuple(i for axis in axes for i in axis if i in value.free)
        value = current().cell(value, used, hint)
    return Array(value, axes, kind)


def is_element(value: Expr) -> bool:
    """True for a tensor's element at plain indices."""
    return isinstance(value, nodes.Ref) and all(
        isinstance(a, (nodes.Idx, nodes.Num)) for a in value.args
    )


def view_of(
    parent: Array,
    read: Callable[[Array], Array],
    write: Callable[[Array, Array], Array] | None = None,
) -> Array:
    """`read(parent)` as a view that follows the parent."""
    seen = read(parent)
    return Array(seen.value, seen.axes, parent.kind, View(parent, read, write))


def as_array(value: Any) -> Array:
    """Numbers and small constant arrays become symbolic arrays; symbolic arrays stay what they are."""
    if isinstance(value, Array):
        return value
    if isinstance(value, (bool, np.bool_)):
        return Array(number(value), (), BOOL)
    if isinstance(value, (int, np.integer)):
        return Array(number(value), (), INT)
    if isinstance(value, (float, np.floating, complex)):
        return Array(number(value), ())
    if isinstance(value, (np.ndarray, list, tuple)):
        from .creation import constant_array  # a constant is built from arrays

        return constant_array(value)
    raise current().unsupported(
        f"{type(value).__name__} is not something that an array is combined with"
    )


def align(*given: Any) -> tuple[list[Expr], Axes]:
    """NumPy's broadcasting: the values over common axes, lined up from the right."""
    arrays = [as_array(g) for g in given]
    depth = max(len(a.axes) for a in arrays)
    layout = [_joined(arrays, place) for place in range(-depth, 0)]
    axes = number_axes(layout)
    values = []
    for array in arrays:
        pairs: list[tuple[Index, Index]] = []
        for mine, common in zip(reversed(array.axes), reversed(axes), strict=False):
            pairs.extend(zip(mine, common, strict=True) if mine else ())
        values.append(rename(array.value, pairs))
    return values, axes


def _joined(arrays: list[Array], place: int) -> tuple[Dim, ...]:
    """What the arrays hold at one place from the right; they agree, or hold an axis of length one."""
    joined: tuple[Dim, ...] = ()
    for array in arrays:
        held = array.layout[place] if len(array.axes) >= -place else ()
        if held and joined and not fits(held, joined):
            named = [f"'{layout_text((dims,))}'" for dims in (joined, held)]
            shapes = " and ".join(a.described() for a in arrays)
            raise current().wrong(
                f"dims {named[0]} and {named[1]} do not line up when {shapes} are combined; "
                "add an axis with [:, None], or name the dims alike if they are the same"
            )
        joined = joined or held
    return joined


def fits(left: Sequence[Dim], right: Sequence[Dim]) -> bool:
    """True where two axes hold the same dims, or dims of the same known lengths."""
    return len(left) == len(right) and all(
        a == b or (a.length is not None and a.length == b.length)
        for a, b in zip(left, right, strict=True)
    )


def axis_length(axis: Sequence[Index]) -> Expr:
    """The length of a real axis."""
    return nodes.mul(*(nodes.size(i.dim) for i in axis))


def as_length(value: Expr) -> Any:
    """A length as users see it: an int where it is known, else a symbolic scalar."""
    if isinstance(value, nodes.Num) and value.value.denominator == 1:
        return int(value.value)
    return Array(value, (), INT)


def place_of(array: Array, axis: Any) -> int:
    """A real axis counted from 0; counted from the end where '...' stands in front."""
    rank = len(array.axes)
    if isinstance(axis, Array) or not isinstance(axis, (int, np.integer)):
        raise current().unsupported(f"an axis must be a plain whole number, not {axis!r}")
    if not -rank <= axis < rank:
        raise current().wrong(
            f"axis {axis} is out of range for an array of dims {array.described()}"
        )
    if axis >= 0 and rank and any(i.dim.is_batch for i in array.axes[0]):
        raise current().wrong(
            f"count axis {axis} from the end: '...' stands for any number of leading dims"
        )
    return int(axis) % rank


def places_of(array: Array, axis: Any) -> tuple[int, ...]:
    """All real axes that an `axis` argument means; None means every one."""
    if axis is None:
        return tuple(range(len(array.axes)))
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = tuple(place_of(array, a) for a in given)
    if len(set(places)) < len(places):
        raise current().wrong(f"axis {axis} names an axis twice")
    return places
