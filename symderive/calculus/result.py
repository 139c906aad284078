"""What the calculus hands on: the backward as a program, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..index.dims import Index
from ..index.nodes import Expr, Tensor
from ..program import Program
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
