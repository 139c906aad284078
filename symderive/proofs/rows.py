"""A derivation over any leading axes → the same for one row, wherever no two rows mix."""

from __future__ import annotations

import re
from dataclasses import replace

from ..calculus.result import Jacobian
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.walk import substitute, transform
from ..trace import Step
from .parts import ProofParts

_OTHER_ROW = re.compile("…'+")


def one_row(parts: ProofParts) -> ProofParts:
    """Every step for one row. A δ between two rows stands in every term where rows do not mix:
    there the block of the row with itself is all there is, and the δ is left out."""
    derived = parts.derived
    steps = {name: _told(trace) for name, trace in derived.steps.items()}
    return replace(
        parts,
        derived=replace(derived, steps=steps),
        jacobians=tuple(map(_jacobian, parts.jacobians)),
        stability=tuple(map(_step, parts.stability)),
    )


def _told(trace: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps for one row, without those that then change nothing."""
    steps = list(map(_step, trace))
    return tuple(s for n, s in enumerate(steps) if not n or _moves(steps[n - 1], s))


def _moves(earlier: Step, step: Step) -> bool:
    return (earlier.left, earlier.after) != (step.left, step.after)


def _step(step: Step) -> Step:
    before, after = _block(step.before), _block(step.after)
    if _second_rows(before) or _second_rows(after):
        return step
    left = _OTHER_ROW.sub("…", step.left)
    where = tuple(_OTHER_ROW.sub("…", w) for w in step.where)
    return replace(step, left=left, before=before, after=after, where=where)


def _jacobian(jacobian: Jacobian) -> Jacobian:
    value = _block(jacobian.value)
    steps = _told(jacobian.steps)
    if _second_rows(value):
        return replace(jacobian, steps=steps)
    columns = tuple(Index(i.dim) if i.dim.is_batch else i for i in jacobian.columns)
    return replace(jacobian, value=value, columns=columns, steps=steps)


def _second_rows(expr: Expr) -> list[Index]:
    return [i for i in expr.free if i.dim.is_batch and i.serial]


def _block(expr: Expr) -> Expr:
    """The expression without δ between rows, if every term has one; with one name for the row."""
    if _every_term_compares(expr):
        expr = transform(expr, _without)
    rows = {i: Index(i.dim) for i in expr.free if i.dim.is_batch}
    return substitute(expr, {i: row for i, row in rows.items() if len(rows) == 1 and i != row})


def _every_term_compares(expr: Expr) -> bool:
    if isinstance(expr, nodes.Add):
        return all(map(_every_term_compares, expr.args))
    if isinstance(expr, (nodes.Mul, nodes.Reduce)):
        return any(map(_every_term_compares, expr.args))
    return _compares_rows(expr)


def _compares_rows(expr: Expr) -> bool:
    return isinstance(expr, nodes.Delta) and all(i.dim.is_batch for i in expr.free)


def _without(node: Expr) -> Expr | None:
    """What stands for a node in the block of one row."""
    if _compares_rows(node):
        return nodes.ONE
    if isinstance(node, nodes.Idx) and node.index.dim.is_batch:
        return nodes.idx(Index(node.index.dim))
    if isinstance(node, nodes.Reduce) and _every_term_compares(node.args[0]):
        bound = [b for b in node.bound if not b.dim.is_batch]
        return nodes.reduce_(node.op, bound, transform(node.args[0], _without))
    return None
