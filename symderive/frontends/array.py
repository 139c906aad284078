"""The symbolic array that a forward runs on: one expression over the index variables of its real
axes.

An axis holds one index, several where it is merged, none where its length is one. The indices of
an array are numbered by dim in the order of its axes, so equal values are equal expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import NeedsLength, NeedsValue, located
from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.walk import substitute, walk
from ..program import Layout
from .context import Concrete, Write, current, refused_or_again
from .dims import layout_text
from .operators import Operators
from .registry import METHODS, RULES

Axes = tuple[tuple[Index, ...], ...]
FLOAT, INT, BOOL = "float", "int", "bool"
KINDS = (BOOL, INT, FLOAT)  # each holds those before it


@dataclass(frozen=True)
class View:
    """How an array looks at the storage of another: `read` makes its value, `write` the parent's
    value after a write.

    sure: False where NumPy may have made a copy.  fixed: True where NumPy allows no writing.
    """

    parent: Array
    read: Callable[[Array], Array]
    write: Callable[[Array, Array], Array] | None
    sure: bool = True
    fixed: bool = False


class Array(Operators):
    """A duck array for NumPy (NEP 13 and NEP 18). A view follows what is written to its parent,
    and writes through."""

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, value: Expr, axes: Axes, kind: str = FLOAT, view: View | None = None
    ) -> None:
        self._value, self._axes, self.kind, self.view = value, axes, kind, view
        self._seen = view.parent.version if view else 0
        self._version = 0
        self._unclear: Exception | None = None

    @property
    def version(self) -> int:
        """Counts the writes to the storage."""
        return self.view.parent.version if self.view else self._version

    def _fresh(self) -> None:
        if self._unclear is not None:
            raise self._unclear
        if self.view is not None and self._seen != self.view.parent.version and self._looks_on():
            again = self.view.read(self.view.parent)
            self._value, self._axes, self._seen = again.value, again.axes, self.view.parent.version

    def _looks_on(self) -> bool:
        """True for a view; what is a copy after all has storage of its own from now on."""
        if self.view is None or self.view.sure or METHODS["shares"](self):
            return self.view is not None
        self._version, self.view = self.view.parent.version, None
        return False

    def unclear(self, error: Exception) -> None:
        """From now on nobody knows what this array holds."""
        self._unclear = error

    def peek(self) -> Expr:
        """The element as it was when the array was last looked at, or as it is where that is
        sure."""
        sure = self._unclear is None and (self.view is None or self.view.sure)
        return self.value if sure else self._value

    @property
    def held(self) -> Axes:
        """The axes, whatever was written since: their number and lengths stay."""
        return self._axes

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
        if self.view is not None and self._looks_on():
            if self.view.fixed:
                raise current().wrong("NumPy does not allow writing to this view: copy it first")
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

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise refused_or_again(
            "a symbolic array cannot become a plain NumPy array here: pass it to NumPy functions "
            "as it is, and use "
            "np.stack or np.concatenate in place of np.array([...]); a constant table is looked up "
            "by np.take(table, labels)"
        )

    def __repr__(self) -> str:
        return f"Array{self.described()}"

    def decided(self) -> bool:
        """The answer to a decision on data, where the run has one."""
        try:
            self.concrete("a decision (if, while, and, or, not)")
        except NeedsValue:
            answer = current().answer()
            if answer is None:
                raise
            return answer
        raise AssertionError("unreachable")

    def concrete(self, what: str) -> None:
        """Raise for a use that needs a number: again with plain numbers where only parameters are
        asked, else an error."""
        tensors = self.value.tensors
        behind: set[nodes.Tensor] = set()
        for tensor in tensors:
            behind |= _sources(tensor)
        context = current()
        if behind and behind <= context.parameters:
            raise Concrete(frozenset(t.name for t in behind))
        if not tensors and not self.value.free:
            dims = sorted(n.dim.name for n in walk(self.value) if isinstance(n, nodes.Size))
            raise NeedsLength(
                located(
                    f"{what} needs a number, but the length of dim '{', '.join(dims)}' stays "
                    "symbolic; write the loop as array operations, or give that dim a number in "
                    "the dims",
                    context.place(),
                ),
                dims,
            )
        raise NeedsValue(
            located(
                f"{what} needs a number, but the value depends on the data; "
                "use np.where for a choice, and array operations in place of loops",
                context.place(),
            )
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
    """A computed array. Real values get a cell, so that what the user wrote stays as it was
    written."""
    value, axes = canonical(value, axes)
    if kind == FLOAT and value.tensors and not is_element(value):
        used = tuple(i for axis in axes for i in axis if i in value.free)
        value = current().cell(value, used, hint)
    return Array(value, axes, kind)


def apply(name: str, *args: Any, **options: Any) -> Array:
    """The result of the rule of this name."""
    result: Array = RULES[name](*args, **options)
    return result


def common_kind(arrays: Iterable[Array]) -> str:
    """What holds the elements of all of them."""
    return max((a.kind for a in arrays), key=KINDS.index)


def is_element(value: Expr) -> bool:
    """True for a tensor's element at plain indices."""
    return isinstance(value, nodes.Ref) and all(
        isinstance(a, (nodes.Idx, nodes.Num)) for a in value.args
    )


def view_of(
    parent: Array,
    read: Callable[[Array], Array],
    write: Callable[[Array, Array], Array] | None = None,
    sure: bool = True,
) -> Array:
    """`read(parent)` as a view that follows the parent."""
    seen = read(parent)
    return Array(seen.value, seen.axes, parent.kind, View(parent, read, write, sure))


def shown_only(parent: Array, read: Callable[[Array], Array]) -> Array:
    """The same as a view that NumPy does not allow to write to."""
    seen = read(parent)
    return Array(seen.value, seen.axes, seen.kind, View(parent, read, None, fixed=True))
