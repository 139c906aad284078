"""What a target prints: ordered statements, and which arrays the forward hands to the backward."""

from __future__ import annotations

from dataclasses import dataclass

from ..index.dims import Dim, Index
from ..index.nodes import Expr, Ref, Tensor, ref
from ..program import Argument, Output, Parameter


@dataclass(frozen=True)
class Statement:
    """`tensor[indices] = value`.

    A reduction in `value` stands alone (with a number or 1/size before it), or is a contraction.
    equation: the number of this line in the module; a recomputed line has the forward's number.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    value: Expr
    equation: int = 0

    @property
    def left(self) -> Ref:
        """The left side as an expression."""
        return ref(self.tensor, *self.indices)

    @property
    def name(self) -> str:
        """The name of what is computed."""
        return self.tensor.name


@dataclass(frozen=True)
class Procedure:
    """A straight line of statements from arguments to results."""

    arguments: tuple[Argument, ...]
    statements: tuple[Statement, ...]
    results: tuple[Output, ...]


@dataclass(frozen=True)
class Schedule:
    """Forward and backward of one operator as array statements, in no language yet.

    residuals: what the forward saves for the backward, in order.  saved: where each comes from:
    "input", "output" or "intermediate" (which an output is that must not be rounded).  The backward
    takes the residuals, then the cotangent.
    closed: the gradients as the calculus states them, before anything in them got a name.
    requires: forms in sizes that may not be negative, w - 4 for x[:, 3].
    """

    name: str
    doc: str
    source: str
    axis: bool
    inputs: tuple[Argument, ...]
    parameters: tuple[Parameter, ...]
    forward: Procedure
    backward: Procedure
    residuals: tuple[Tensor, ...]
    saved: tuple[str, ...]
    reduced: tuple[Dim, ...]
    closed: tuple[Statement, ...]
    requires: tuple[Expr, ...] = ()

    @property
    def output(self) -> Output:
        """The one output of the forward."""
        return self.forward.results[0]

    @property
    def cotangent(self) -> Argument:
        """The cotangent of the output."""
        return self.backward.arguments[-1]
