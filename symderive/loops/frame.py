"""Which dims a kernel loops over: rows, in parallel, and the places of a row.

Dims that always stand side by side are one axis: "b h w n" under softmax is rows × n.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import NotSupportedError
from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr
from ..index.walk import walk
from ..schedule import Statement
from ..schedule.shapes import is_plain, reading_order

Axis = tuple[Dim, ...]


@dataclass(frozen=True)
class Frame:
    """The axes of the loops, outermost first. Without `inner` the elements are the rows."""

    rows: tuple[Axis, ...]
    inner: tuple[Axis, ...]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """All of them."""
        return self.rows + self.inner

    def over(self, dims: Iterable[Dim]) -> tuple[Axis, ...]:
        """The axes that hold these dims."""
        wanted = set(dims)
        return tuple(axis for axis in self.axes if wanted & set(axis))

    def row_dims(self) -> frozenset[Dim]:
        """The dims that the rows are."""
        return frozenset(d for axis in self.rows for d in axis)


def dims_of(indices: Iterable[Index]) -> frozenset[Dim]:
    """The dims of index variables."""
    return frozenset(i.dim for i in indices)


def frames(
    statements: tuple[Statement, ...], tensors: list[tuple[Dim, ...]], wide: bool = False
) -> list[Frame]:
    """Every frame that might do, the one with the most rows first.

    wide: also over dims that no one array has, as in Σ_d (x_md - y_nd)².
    """
    held = [*tensors, *(tuple(i.dim for i in s.indices) for s in statements)]
    held += [dims for s in statements for dims in _spanned(s)] if wide else []
    widest = max(held, key=lambda dims: (len(dims), sorted(dims)), default=())
    _refuse_other_patterns(statements, held, set(widest))
    axes = _merged(widest, statements, held)
    if len(axes) < 2:
        return [Frame(axes, ())]
    return [Frame(axes[:n], axes[n:]) for n in range(len(axes) - 1, 0, -1)]


def _spanned(s: Statement) -> list[tuple[Dim, ...]]:
    """All dims of a sum, innermost the one along which most of its arrays are contiguous.

    Not where a condition leaves few of the terms: a loop over all of them is not what is meant.
    """
    if not isinstance(s.value, nodes.Reduce):
        return []
    found = list(walk(s.value.args[0]))
    if any(isinstance(n, (nodes.Bracket, nodes.Delta)) for n in found):
        return []
    order = dict.fromkeys([*reading_order(s.value.args[0]), *s.indices, *s.value.bound])
    last = Counter(
        n.args[-1].index
        for n in found
        if isinstance(n, nodes.Ref) and n.args and isinstance(n.args[-1], nodes.Idx)
    )
    fastest = max(order, key=lambda i: (not i.dim.is_batch, last[i]))
    kept = sorted((i for i in order if i is not fastest), key=lambda i: not i.dim.is_batch)
    return [tuple(i.dim for i in (*kept, fastest))]


def _refuse_other_patterns(
    statements: tuple[Statement, ...], held: list[tuple[Dim, ...]], frame: set[Dim]
) -> None:
    for dims in held:
        if len(set(dims)) < len(dims) or not set(dims) <= frame:
            raise NotSupportedError("its dims fit no loop nest (a matrix product, for instance)")
    for statement in statements:
        used = [n.index for n in walk(statement.value) if isinstance(n, nodes.Idx)]
        used += [b for n in walk(statement.value) if isinstance(n, nodes.Reduce) for b in n.bound]
        apart = set(used) | set(statement.indices)
        if len(dims_of(apart)) < len(apart):
            raise NotSupportedError(f"{statement.name} pairs elements of one axis with each other")
        if not dims_of(apart) <= frame:
            raise NotSupportedError(f"{statement.name} needs a dim that no array has")


def _merged(
    order: tuple[Dim, ...], statements: tuple[Statement, ...], held: list[tuple[Dim, ...]]
) -> tuple[Axis, ...]:
    fixed = _named_alone(statements)
    bound = [
        dims_of(n.bound) for s in statements for n in walk(s.value) if isinstance(n, nodes.Reduce)
    ]
    axes: list[Axis] = []
    for dim in order:
        last = axes[-1][-1] if axes else None
        if last is not None and _side_by_side(last, dim, held, bound) and not {last, dim} & fixed:
            axes[-1] = (*axes[-1], dim)
        else:
            axes.append((dim,))
    return tuple(axes)


def _side_by_side(a: Dim, b: Dim, held: list[tuple[Dim, ...]], bound: list[frozenset[Dim]]) -> bool:
    apart = any((a in dims) != (b in dims) for dims in [*held, *bound])
    return not apart and all(dims.index(b) == dims.index(a) + 1 for dims in held if a in dims)


def _named_alone(statements: tuple[Statement, ...]) -> set[Dim]:
    """Dims whose index stands anywhere but as the plain index of an array."""
    found: set[Dim] = set()

    def visit(expr: Expr) -> None:
        if is_plain(expr):
            return
        if isinstance(expr, nodes.Ref):
            found.update(expr.tensor.dims)
        if isinstance(expr, nodes.Idx):
            found.add(expr.index.dim)
        for arg in expr.args:
            visit(arg)

    for statement in statements:
        visit(statement.value)
    return found
