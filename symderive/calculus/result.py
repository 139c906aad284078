"""What the calculus hands on: the backward as a program, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..index.dims import Index
from ..index.nodes import Expr, Tensor
from ..program import Argument, Program, read_for
from ..trace import Step


@dataclass(frozen=True)
class Jacobian:
    """∂y_rows/∂x_columns as an expression with Kronecker deltas, and the steps that led to it."""

    output: Tensor
    input: Tensor
    rows: tuple[Index, ...]
    columns: tuple[Index, ...]
    value: Expr
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Derived:
    """The derivation of one operator.

    written: the forward as its author wrote it.  forward: the equal one that was differentiated
    (stabilised).
    backward: a program whose arguments are the tensors of the forward that it needs (any input,
    intermediate or output, under its own name) and, last, the cotangent `d<output>`; its
    assignments are shared cotangents of intermediates (`dP`) and then one gradient `d<input>` for
    each differentiable input; its outputs are those gradients in the order of inputs.
    steps: for each gradient and each shared cotangent, by the name of what it is the cotangent of,
    the trace of steps.
    """

    written: Program
    forward: Program
    backward: Program
    steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)

    @property
    def cotangent(self) -> Tensor:
        """The cotangent of the output, the last argument of the backward."""
        return self.backward.arguments[-1].tensor


def backward_program(derived: Derived, name: str) -> Program:
    """The gradient by one input as a program of its own: of the forward's inputs and the
    cotangent.
    """
    forward, backward = derived.forward, derived.backward
    inputs = [a.tensor.name for a in forward.inputs]
    output = backward.outputs[inputs.index(name)]
    cotangent: Argument = backward.arguments[-1]
    lines, needed = read_for((*forward.assignments, *backward.assignments), [output.tensor])
    arguments = tuple(a for a in (*forward.arguments, cotangent))
    parameters = tuple(p for p in forward.parameters if p.tensor in needed)
    return Program(
        f"{forward.name}_{output.tensor.name}",
        arguments,
        parameters,
        lines,
        (output,),
        requires=forward.requires,
    )
