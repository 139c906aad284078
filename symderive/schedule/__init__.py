"""Derived → Schedule: names, order, reductions, residuals. Knows no target."""

from __future__ import annotations

from dataclasses import replace

from ..calculus.result import Derived
from ..index import nodes
from ..index.dims import Dim
from ..index.nodes import Tensor
from ..index.walk import walk
from ..program import Argument, Assignment, Program, read_for
from .chosen import name_chosen_rows
from .compared import compared_outputs, with_names
from .fuse import without_needless_dims
from .gathers import read_at_labels
from .names import Namer, functions_of
from .pairs import contract_in_pairs
from .rename import adopt_results, tensors_of, without_clashes
from .residuals import choose
from .statements import Procedure, Schedule, Statement
from .subexpressions import (
    Lines,
    inline_single_uses,
    lead_with_plus,
    name_reductions,
    name_repeated,
)

__all__ = ["Procedure", "Schedule", "Statement", "schedule"]


def schedule(derived: Derived) -> Schedule:
    """The forward and the backward as statements in order, and what the one hands to the other."""
    forward, backward = without_needless_dims(derived.forward, derived.backward)
    forward, stated = without_clashes(forward, backward)
    forward, backward = with_names(forward, stated)
    choice = choose(forward, backward)
    given = frozenset(a.tensor.name for a in forward.assignments if a.given)
    opaque = frozenset(a.tensor.name for a in forward.assignments if a.opaque or a.whole)
    saved = frozenset(t.name for t in choice.saved)
    results = frozenset(o.tensor.name for o in (*forward.outputs, *backward.outputs))
    namer = Namer(_taken(forward, backward))

    fixed = opaque | saved | results
    roots = frozenset(a.tensor for a in forward.assignments if a.kink)
    ahead = _statements(forward.assignments, forward, namer, fixed, roots, given)
    ahead = _numbered(ahead, 1, {})
    numbers = {s.name: s.equation for s in ahead}
    again = (*choice.again, *backward.assignments)
    back = _statements(again, backward, namer, opaque | results, roots)
    back = _numbered(back, len(ahead) + 1, numbers)

    arguments = {a.tensor: a for a in forward.arguments}
    layouts = {o.tensor: o.layout for o in forward.outputs}
    residuals = tuple(
        arguments.get(t) or Argument(t, layouts.get(t, tuple((d,) for d in t.dims)))
        for t in choice.saved
    )
    outputs = {o.tensor for o in forward.outputs} - compared_outputs(forward, backward)
    return Schedule(
        name=forward.name, doc=forward.doc, source=forward.source, axis=forward.axis,
        inputs=forward.arguments, parameters=forward.parameters,
        forward=Procedure(forward.arguments, tuple(ahead), forward.outputs),
        backward=Procedure((*residuals, backward.arguments[-1]), tuple(back), backward.outputs),
        residuals=choice.saved,
        saved=tuple("input" if t in arguments else "output" if t in outputs else "intermediate"
                    for t in choice.saved),
        reduced=_reduced(ahead),
        requires=forward.requires,
        closed=tuple(Statement(a.tensor, a.indices, a.value) for a in stated.assignments),
    )  # fmt: skip


def _taken(forward: Program, backward: Program) -> frozenset[str]:
    """The names of tensors and dims, and of the functions of the module."""
    name = forward.name
    tensors = tensors_of(forward) | tensors_of(backward)
    dims = {d.name for t in tensors for d in t.dims}
    return functions_of(name) | {t.name for t in tensors} | dims


def _statements(
    assignments: tuple[Assignment, ...],
    program: Program,
    namer: Namer,
    fixed: frozenset[str],
    roots: frozenset[Tensor],
    given: frozenset[str] = frozenset(),
) -> list[Statement]:
    """The assignments as statements: live ones, each reduction by itself, nothing twice.

    fixed: names whose arrays others need.  given: those that the user wrote, kept to be read.
    roots: those with a kink at 0.
    """
    keep = fixed | given
    wanted = {o.tensor for o in program.outputs}
    wanted |= {a.tensor for a in assignments if a.tensor.name in keep}
    made = [Statement(a.tensor, a.indices, a.value) for a in assignments]
    statements = list(read_for(made, wanted)[0])
    statements = inline_single_uses(statements, keep)
    lines = Lines(statements, namer)
    read_at_labels(lines, fixed)
    name_chosen_rows(lines, roots)
    name_repeated(lines)
    contract_in_pairs(lines)
    name_reductions(lines)
    name_chosen_rows(lines, roots)  # once more: a sum that stood in a row has a name by now
    finished = adopt_results(
        list(read_for(lines.statements, wanted)[0]), [o.tensor for o in program.outputs]
    )
    return [replace(s, value=lead_with_plus(s.value)) for s in finished]


def _numbered(statements: list[Statement], first: int, known: dict[str, int]) -> list[Statement]:
    """Equation numbers from `first` on; what the forward computed already keeps its number."""
    numbered, number = [], first
    for statement in statements:
        equation = known.get(statement.name)
        if equation is None:
            equation, number = number, number + 1
        numbered.append(replace(statement, equation=equation))
    return numbered


def _reduced(statements: list[Statement]) -> tuple[Dim, ...]:
    """The dims that the forward reduces."""
    found = {
        b.dim
        for s in statements
        for n in walk(s.value)
        if isinstance(n, nodes.Reduce)
        for b in n.bound
    }
    return tuple(sorted(found))
