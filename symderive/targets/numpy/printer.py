"""Expr → a piece of NumPy, aligned to a frame: the ordered real axes of its statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...index import nodes
from ...index.dims import Index
from ...index.nodes import Expr
from ...index.text import factor_order
from ...index.walk import walk
from ...schedule.shapes import is_contraction, running
from .pieces import ATOM, Axes, Piece, align, merge, stripped
from .scope import Scope

Table = Mapping[type[Expr], Callable[["Printer", Any, Axes], Piece]]


@dataclass(frozen=True)
class Printer:
    """Writes expressions for one procedure, each kind of node by its entry in the table.

    exact: True inside an index, where integers stay integers.
    """

    scope: Scope
    table: Table
    exact: bool = False

    def write(self, expr: Expr, frame: Axes) -> Piece:
        """The expression as a piece that broadcasts against the frame."""
        return align(self.table[type(expr)](self, expr, frame), frame, self.scope.axis)

    def indices(self) -> Printer:
        """The same printer for index arithmetic."""
        return replace(self, exact=True)

    def pattern(self, expr: Expr) -> Axes:
        """The axes that the value of an expression has where nothing is moved."""
        if isinstance(expr, nodes.Ref):
            if not expr.args or self.scope.is_plain(expr):
                return self.scope.axes(expr)
            return self.table[nodes.Ref](
                self, expr, merge([self.pattern(a) for a in expr.args])
            ).axes
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

    def floats(self, piece: Piece) -> Piece:
        """A piece of real numbers: integers and truth values get the dtype of the arrays."""
        if self.exact or piece.kind in ("float", "python"):
            return piece
        return Piece(f"{piece.atom()}.astype({self.scope.dtype})", ATOM, piece.axes)


def _place(expr: Expr, index: Index) -> tuple[int, Index]:
    """Where a contraction has an index by nature: where its first operand has it."""
    for ref in sorted((n for n in walk(expr) if isinstance(n, nodes.Ref)), key=factor_order):
        if nodes.idx(index) in ref.args:
            return ref.args.index(nodes.idx(index)), index
    return 0, index
