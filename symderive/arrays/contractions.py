"""Sums of products in which no factor has every index: matrix products, and Einstein sums."""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import factors_of
from ..schedule.shapes import groups_of
from .axes import Axes, stripped
from .lowering import Lowering
from .moves import Permuted
from .nodes import REAL, Array, Einsum, Flat, MatMul, TensorDot


def contraction(low: Lowering, expr: nodes.Reduce, frame: Axes) -> Array | None:
    """A matrix product, an Einstein sum, or None where only a broadcast product will do."""
    groups = groups_of(expr)
    output = tuple(a for a in frame if a is not None and a in expr.free)
    if len(groups) == 2:
        found = _matmul(low, groups, expr.bound, output)
        if found is not None:
            return found
    return _einsum(low, groups, expr.bound, output)


def vector_matrix(low: Lowering, expr: nodes.Reduce) -> Array | None:
    """`Σ_j v_j m_ji` as `v @ m`."""
    factors = sorted(factors_of(expr.args[0]), key=lambda f: len(f.free))
    if expr.op != "sum" or len(expr.bound) != 1 or len(factors) != 2:
        return None
    if expr.bound[0].dim.is_batch or low.scope.any_axis:
        return None
    vector, matrix = (low.pattern(f) for f in factors)
    plain = all(isinstance(f, nodes.Ref) for f in factors)
    if not plain or vector != expr.bound or len(matrix) != 2 or matrix[:1] != expr.bound:
        return None
    left, right = (low.lower(f, p) for f, p in zip(factors, (vector, matrix), strict=True))
    if left.kind != REAL or right.kind != REAL or None in matrix:
        return None
    return MatMul(left, right, axes=matrix[1:])


def _matmul(
    low: Lowering, groups: list[Expr], bound: tuple[Index, ...], output: Axes
) -> Array | None:
    first, second = groups
    shared = (first.free & second.free) - set(bound)
    over = [b for b in bound if b in first.free and b in second.free]
    rows, columns = first.free - shared - set(bound), second.free - shared - set(bound)
    if len(over) != len(bound) or not (rows or columns):
        return None
    if not rows or (
        columns and output.index(_first(rows, output)) > output.index(_first(columns, output))
    ):
        first, second, rows, columns = second, first, columns, rows
    if len(columns) > 1 or any(a.dim.is_batch for a in columns):
        return None
    leading = tuple(a for a in output if a in shared)
    before = tuple(a for a in output if a in rows)
    if output != (*leading, *before, *columns) or (leading and len(before) > 1):
        return None
    if len(over) > 1 or over[0].dim.is_batch:
        return None if leading else _flat_matmul(low, (first, second), over, rows, columns)
    if leading and not columns:
        return None
    inner = (over[0],)
    left = _operand(low, first, (*leading, *before, *inner))
    right = _operand(low, second, (*leading, *inner, *columns))
    if left is None or right is None:
        return None
    return MatMul(left, right, axes=output)


def _first(indices: frozenset[Index], output: Axes) -> Index:
    return next(a for a in output if a is not None and a in indices)


def _operand(low: Lowering, expr: Expr, axes: Axes) -> Array | None:
    """The operand with exactly these axes; a transpose where its own order is the other one."""
    found = low.lower(expr, low.pattern(expr))
    if found.axes != axes:
        swapped = _is_swapped(found.axes, axes)
        found = Permuted(found, axes=axes, kind=found.kind) if swapped else low.lower(expr, axes)
    return found if found.axes == axes and found.kind == REAL else None


def _is_swapped(have: Axes, want: Axes) -> bool:
    return len(have) == len(want) > 1 and have[:-2] == want[:-2] and have[-2:] == want[-2:][::-1]


def _flat_matmul(
    low: Lowering,
    sides: tuple[Expr, Expr],
    over: list[Index],
    rows: frozenset[Index],
    columns: frozenset[Index],
) -> Array | None:
    """Several summed axes that lead both operands, taken as one."""
    if len(rows) != 1 or len(columns) != 1:
        return None
    flat: list[Array] = []
    lead: Axes | None = None
    for expr, last in zip(sides, (*rows, *columns), strict=True):
        array = low.lower(expr, low.pattern(expr))
        summed = array.axes[:-1]
        if array.axes[-1:] != (last,) or set(summed) != set(over) or lead not in (None, summed):
            return None
        lead = summed
        flat.append(Flat(array, axes=(over[0], last)))
    left = Permuted(flat[0], axes=flat[0].axes[::-1])
    return MatMul(left, flat[1], axes=(*rows, *columns))


def _einsum(
    low: Lowering, groups: list[Expr], bound: tuple[Index, ...], output: Axes
) -> Array | None:
    if any(b.dim.is_batch for b in bound):
        return None
    operands = tuple(low.lower(g, stripped(low.pattern(g))) for g in groups)
    if any(a.kind != REAL or None in a.axes for a in operands):
        return None
    found = _tensor_dot(operands, output)
    if found is None and low.scope.library.einsum:
        found = Einsum(operands, axes=output)
    return found


def _tensor_dot(operands: tuple[Array, ...], output: Axes) -> Array | None:
    """The product of two arrays that share just the summed indices; the one whose own indices come
    first in the result stands first.
    """
    over = set(operands[0].axes) & set(operands[1].axes)
    own = {a for o in operands for a in o.axes if a not in over}
    if len(operands) != 2 or not over or over & set(output) or own != set(output):
        return None
    left, right = sorted(
        operands, key=lambda o: min(map(output.index, set(o.axes) - over), default=0)
    )
    axes = tuple(a for array in (left, right) for a in array.axes if a not in over)
    return TensorDot(left, right, axes=axes)
