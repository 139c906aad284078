"""Which forward tensors the backward is handed, and which it computes again, by cost."""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Dim
from ..index.nodes import Tensor
from ..index.walk import walk
from ..program import Assignment, Program
from .compared import compared
from .shapes import CHEAP, effort, has_reduction, weight

SAVE = 8.0  # writing an array now and reading it back later, in elementwise operations
KEEP = 1.0  # holding on to an input or the output, which exist anyway


@dataclass(frozen=True)
class Choice:
    """The tensors to save, in order of their appearance, and the assignments to carry out again."""

    saved: tuple[Tensor, ...]
    again: tuple[Assignment, ...]


def choose(forward: Program, backward: Program) -> Choice:
    """The cheapest set of residuals from which the backward can be computed."""
    wanted = {t for a in backward.assignments for t in a.value.tensors}
    free = {p.tensor for p in forward.parameters}
    existing = {a.tensor for a in forward.arguments} | {o.tensor for o in forward.outputs}
    values = {a.tensor: a for a in forward.assignments}
    need = {t for t in wanted if t in values or t in existing} - free
    again: list[Assignment] = []
    kept = existing | compared(forward, backward)
    numbers = _numbers(forward)
    for assignment in reversed(forward.assignments):
        tensor = assignment.tensor
        if tensor not in need or tensor in kept:
            continue
        operands = assignment.value.tensors - free
        extra = sum(_cost(t, existing) for t in operands - need)
        times = effort(assignment.value)
        cheap = times <= CHEAP and times * weight(tensor.dims) + extra < SAVE * weight(tensor.dims)
        if cheap or tensor in numbers:
            need = (need - {tensor}) | operands
            again.append(assignment)
    need |= _shapes(forward, backward, need)
    order = [a.tensor for a in forward.arguments] + [a.tensor for a in forward.assignments]
    return Choice(tuple(t for t in dict.fromkeys(order) if t in need), tuple(reversed(again)))


def _numbers(forward: Program) -> set[Tensor]:
    """What depends on parameters and lengths alone: a number, of no dtype to save it in."""
    given = {p.tensor for p in forward.parameters}
    found: set[Tensor] = set()
    for a in forward.assignments:
        if not a.tensor.dims and a.value.tensors <= given | found and not has_reduction(a.value):
            found.add(a.tensor)
    return found


def _cost(tensor: Tensor, existing: set[Tensor]) -> float:
    return (KEEP if tensor in existing else SAVE) * weight(tensor.dims)


def _shapes(forward: Program, backward: Program, have: set[Tensor]) -> set[Tensor]:
    """Inputs that are saved because nothing else tells the length of a dim of some gradient."""
    lengths = {
        n.dim for a in backward.assignments for n in walk(a.value) if isinstance(n, nodes.Size)
    }
    lengths |= {d for o in backward.outputs for d in o.tensor.dims}
    known = {d for t in have for d in t.dims}
    known |= {d for axis in backward.arguments[-1].layout for d in axis if len(axis) == 1}
    added: set[Tensor] = set()
    for dim in sorted(d for d in lengths - known if d.length is None and not d.extent):
        holders = [a.tensor for a in forward.arguments if dim in a.tensor.dims]
        if holders and not any(dim in t.dims for t in added):
            added.add(min(holders, key=lambda t: (weight(t.dims), t.name)))
    return added


def dims_of(tensors: tuple[Tensor, ...]) -> set[Dim]:
    """Every dim of these tensors."""
    return {d for t in tensors for d in t.dims}
