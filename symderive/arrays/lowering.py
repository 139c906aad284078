"""Expr → array nodes that are aligned to a frame: the ordered real axes of their statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import factor_order
from ..index.walk import walk
from ..schedule.shapes import is_contraction, running
from .align import align
from .axes import Axes, merge, stripped
from .nodes import NUMBER, REAL, TRUTH, Array, Cast, Lengths, Whole
from .scope import Scope

Table = Mapping[type[Expr], Callable[["Lowering", Any, Axes], Array]]


@dataclass(frozen=True)
class Lowering:
    """Lowers the expressions of one procedure, each kind of node by its entry in the table.

    exact: True inside an index, where integers stay integers.
    """

    scope: Scope
    table: Table
    exact: bool = False

    def lower(self, expr: Expr, frame: Axes) -> Array:
        """The expression as an array that broadcasts against the frame."""
        return self.aligned(self.table[type(expr)](self, expr, frame), frame)

    def aligned(self, array: Array, frame: Axes) -> Array:
        """The array with axes such that it broadcasts against the frame."""
        return align(array, frame, self.scope.any_axis)

    def real(self, expr: Expr, frame: Axes) -> Array:
        """The expression as an array of real numbers, or as a plain number."""
        return self.cast(self.lower(expr, frame))

    def length(self, index: Index) -> Array:
        """How long the axis of an index is; of the batch dims, all their lengths."""
        if index.dim.is_batch:
            return Lengths(*self.scope.batch_rank())
        return self.lower(nodes.size(index.dim), ())

    def indices(self) -> Lowering:
        """The same for index arithmetic."""
        return replace(self, exact=True)

    def pattern(self, expr: Expr) -> Axes:
        """The axes that the value of an expression has where nothing is moved."""
        if isinstance(expr, nodes.Ref):
            if not expr.args or self.scope.is_plain(expr):
                return self.scope.axes(expr)
            around = merge([self.pattern(a) for a in expr.args])
            return self.table[nodes.Ref](self, expr, around).axes
        if isinstance(expr, nodes.Idx):
            return (expr.index,)
        if is_contraction(expr):
            return tuple(sorted(expr.free, key=lambda i: (not i.dim.is_batch, _place(expr, i))))
        if isinstance(expr, nodes.Reduce):
            return self._reduced_pattern(expr)
        arrays_first = sorted(expr.args, key=lambda a: (not a.tensors, factor_order(a)))
        return merge([self.pattern(a) for a in arrays_first])

    def _reduced_pattern(self, expr: nodes.Reduce) -> Axes:
        partial = running(expr)
        if partial is not None:
            inner = self.pattern(partial.body)
            return tuple(partial.index if a == partial.bound else a for a in inner)
        inner = self.pattern(expr.args[0])
        return stripped(tuple(None if a in expr.bound else a for a in inner))

    def cast(self, array: Array) -> Array:
        """Real numbers: integers and truth values get the dtype of the arrays."""
        if self.exact and array.kind == TRUTH and not self.scope.library.mixes:
            return Whole(array, axes=array.axes)
        if self.exact or array.kind in (REAL, NUMBER):
            return array
        return Cast(array, self.scope.dtype, axes=array.axes)


def _place(expr: Expr, index: Index) -> tuple[int, Index]:
    """Where a contraction has an index by nature: where its first operand has it."""
    for ref in sorted((n for n in walk(expr) if isinstance(n, nodes.Ref)), key=factor_order):
        if nodes.idx(index) in ref.args:
            return ref.args.index(nodes.idx(index)), index
    return 0, index
