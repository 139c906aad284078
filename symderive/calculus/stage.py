"""Prepare a program for the calculus: every tensor learns the sign that its definition gives it."""

from __future__ import annotations

from dataclasses import replace

from ..index.domains import NONNEGATIVE, POSITIVE, REAL, Domain
from ..index.functions import is_nonnegative, is_positive
from ..index.nodes import Expr, Tensor, ref
from ..index.walk import transform
from ..program import Assignment, Output, Program


def with_signs(program: Program) -> Program:
    """The same program, its intermediates marked positive or nonnegative where they certainly are."""
    signed: dict[Tensor, Tensor] = {}

    def renew(expr: Expr) -> Expr | None:
        tensor = getattr(expr, "tensor", None)
        if tensor is None or tensor not in signed:
            return None
        return ref(signed[tensor], *(transform(a, renew) for a in expr.args))

    assignments: list[Assignment] = []
    for assignment in program.assignments:
        value = transform(assignment.value, renew)
        tensor = Tensor(assignment.tensor.name, assignment.tensor.dims, _sign(value))
        signed[assignment.tensor] = tensor
        assignments.append(replace(assignment, tensor=tensor, value=value))
    outputs = tuple(Output(signed.get(o.tensor, o.tensor), o.layout) for o in program.outputs)
    return replace(program, assignments=tuple(assignments), outputs=outputs)


def _sign(value: Expr) -> Domain:
    return POSITIVE if is_positive(value) else NONNEGATIVE if is_nonnegative(value) else REAL
