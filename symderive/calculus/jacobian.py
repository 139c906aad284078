"""The Jacobian ∂y/∂x with Kronecker deltas, by differentiating the assignments one after the
other.
"""

from __future__ import annotations

from ..errors import NotSupportedError
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ZERO, Expr, Tensor
from ..index.text import text
from ..index.walk import substitute
from ..program import Assignment, Program, read_for
from ..trace import Step
from .kinks import slope_is_there
from .linearise import linearise
from .result import Jacobian
from .reverse import pull_out
from .search import Search
from .steps import path_steps, reason

MOST_ASSIGNMENTS = 40


def jacobian(program: Program, source: Tensor, search: Search) -> Jacobian:
    """∂output/∂source as an expression over the output's indices and fresh ones of the source's
    dims.
    """
    output = program.output.tensor
    columns = columns_of(program, source)
    path = on_path(program, source)
    if len(path) > MOST_ASSIGNMENTS:
        raise NotSupportedError(
            f"the Jacobian of {program.name} runs over {len(path)} assignments; use the "
            f"vector-Jacobian product, which stays structural"
        )
    unit = nodes.mul(*(nodes.delta(a, b) for a, b in zip(source.indices, columns, strict=True)))
    known: dict[Tensor, Expr] = {source: unit}
    steps: list[Step] = []
    for assignment in path:
        raw = total_derivative(assignment, known)
        left = f"∂{text(assignment.left)}/∂{text(source[columns])}"
        found = search.best(raw) if assignment.tensor == output else search.folded(raw)
        steps.append(
            Step("differentiate", left, raw, raw, reason(assignment.value), (str(assignment),))
        )
        steps.extend(path_steps(left, raw, found, search))
        known[assignment.tensor] = found.written
    value = known.get(output, ZERO)
    return Jacobian(output, source, output.indices, columns, value, tuple(steps))


def columns_of(program: Program, source: Tensor) -> tuple[Index, ...]:
    """Index variables for the source that differ from those of every tensor of the program."""
    tensors = [a.tensor for a in program.assignments] + [program.output.tensor, source]
    used = {i.dim.name: 0 for t in tensors for i in t.indices}
    for tensor in tensors:
        for index in tensor.indices:
            used[index.dim.name] = max(used[index.dim.name], index.serial + 1)
    columns = []
    for dim in source.dims:
        serial = used.get(dim.name, 0)
        columns.append(Index(dim, serial))
        used[dim.name] = serial + 1
    return tuple(columns)


def on_path(program: Program, source: Tensor) -> list[Assignment]:
    """The assignments that lie between the source and the output, in order."""
    reached = {source}
    forward = []
    for assignment in program.assignments:
        if not assignment.constant and not reached.isdisjoint(assignment.value.tensors):
            reached.add(assignment.tensor)
            forward.append(assignment)
    return list(read_for(forward, [program.output.tensor])[0])


def push(program: Program, source: Tensor, tangent: Tensor, search: Search) -> Assignment:
    """`y_dot = ...`: forward mode along one tangent, one assignment after the other."""
    output = program.output.tensor
    known: dict[Tensor, Expr] = {source: tangent.element}
    for assignment in on_path(program, source):
        raw = total_derivative(assignment, known)
        found = search.best(raw) if assignment.tensor == output else search.folded(raw)
        known[assignment.tensor] = found.written
    return Assignment(
        Tensor(f"{output.name}_dot", output.dims), output.indices, known.get(output, ZERO)
    )


def total_derivative(assignment: Assignment, known: dict[Tensor, Expr]) -> Expr:
    """Σ over the tensors u of the right side of ∂value/∂u · du, where du is known over u's own
    axes.
    """
    total: Expr = ZERO
    there = slope_is_there(assignment)
    value = assignment.differentiated
    for tensor in sorted(value.tensors & set(known), key=lambda t: t.name):
        for part in linearise(value, tensor, assignment.left):
            inner = substitute(known[tensor], dict(zip(tensor.indices, part.indices, strict=True)))
            body = nodes.mul(there, part.partial, inner)
            total = nodes.add(total, pull_out(list(part.bound), body))
    return total
