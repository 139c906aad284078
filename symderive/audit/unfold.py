"""Write names out: every `tensor[indices]` becomes the right side of its assignment."""

from __future__ import annotations

from collections.abc import Iterable

from ..index import nodes
from ..index.nodes import Bracket, Expr, Ref, Tensor
from ..index.walk import rebuild, rename_bound, substitute
from ..program import Assignment


def unfold(expr: Expr, assignments: Iterable[Assignment], in_brackets: bool = True) -> Expr:
    """The expression with the names of these assignments written out, the last first.

    in_brackets: False leaves what a bracket compares as it is.
    """
    for assignment in reversed(tuple(assignments)):
        expr = _written_out(expr, assignment, in_brackets, {})
    return expr


READABLE = 2000  # parts of an expression as it is written: past this nobody reads it


def is_readable(expr: Expr, assignments: Iterable[Assignment]) -> bool:
    """False for what loops over numbers make: few lines, each of which holds the one before it
    more than once, so that with all names written out it takes minutes to write."""
    sizes: dict[Tensor, int] = {}
    for assignment in assignments:
        sizes[assignment.tensor] = _written_size(assignment.value, sizes, {})
    return _written_size(expr, sizes, {}) <= READABLE


def _written_size(expr: Expr, sizes: dict[Tensor, int], memo: dict[Expr, int]) -> int:
    found = memo.get(expr)
    if found is None:
        own = sizes.get(expr.tensor, 1) if isinstance(expr, Ref) else 1
        found = memo[expr] = own + sum(_written_size(a, sizes, memo) for a in expr.args)
    return found


def _written_out(
    expr: Expr, assignment: Assignment, in_brackets: bool, memo: dict[Expr, Expr]
) -> Expr:
    if assignment.tensor not in expr.tensors:
        return expr
    if isinstance(expr, Bracket) and not in_brackets:
        return expr
    found = memo.get(expr)
    if found is None:
        found = memo[expr] = _one(expr, assignment, in_brackets, memo)
    return found


def _one(expr: Expr, assignment: Assignment, in_brackets: bool, memo: dict[Expr, Expr]) -> Expr:
    if isinstance(expr, nodes.Reduce):
        expr = rename_bound(expr)  # the value's own indices must not be captured
    args = tuple(_written_out(a, assignment, in_brackets, memo) for a in expr.args)
    if isinstance(expr, Ref) and expr.tensor == assignment.tensor:
        at = dict(zip(assignment.indices, args, strict=True))
        return substitute(assignment.value, at)
    return rebuild(expr, args)
