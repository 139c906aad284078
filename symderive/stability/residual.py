"""A backward beside its forward: joined to it, or with the residuals that it reads now."""

from __future__ import annotations

from dataclasses import replace

from ..program import Argument, Program


def joined(forward: Program, backward: Program) -> Program:
    """Forward and backward as one program, of the inputs and the cotangent."""
    return Program(
        backward.name,
        (*forward.arguments, backward.arguments[-1]),
        forward.parameters,
        (*forward.assignments, *backward.assignments),
        backward.outputs,
        requires=forward.requires,
    )


def with_arguments(backward: Program, forward: Program) -> Program:
    """The backward with the tensors that it reads now as its arguments, in the forward's order."""
    read = {t for a in backward.assignments for t in a.value.tensors}
    *_, cotangent = backward.arguments
    given = {a.tensor: a for a in forward.arguments}
    order = (*given, *(a.tensor for a in forward.assignments))
    saved = tuple(
        given.get(t, Argument(t, tuple((d,) for d in t.dims))) for t in order if t in read
    )
    return replace(backward, arguments=(*saved, cotangent))
