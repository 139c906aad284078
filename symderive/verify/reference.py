"""A kernel straight from the programs, through no schedule and no target: slow and plain."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..calculus.result import Derived
from ..index.dims import BATCH
from ..index.evaluate import Evaluator
from ..program import Argument
from .environment import run_backward
from .layouts import Sizes

Array = Any


class ReferenceKernel:
    """The forward as it was differentiated and the backward, evaluated as they stand."""

    def __init__(self, derived: Derived) -> None:
        self.derived = derived

    def fwd(self, *inputs: Array) -> tuple[Array, tuple[tuple[Evaluator, Sizes, Any]]]:
        """The output; the residuals are the evaluator with every tensor of the forward."""
        program = self.derived.forward
        sizes = sizes_of(program.arguments, inputs)
        arrays = {
            a.tensor.name: sizes.to_tensor(
                np.asarray(x, float if a.differentiable else None), a.layout
            )
            for a, x in zip(program.arguments, inputs, strict=True)
        }
        arrays |= {p.tensor.name: np.asarray(p.default, float) for p in program.parameters}
        evaluator = Evaluator(arrays, sizes.lengths)
        for assignment in program.assignments:
            evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        output = program.output
        real = sizes.to_real(evaluator.arrays[output.tensor.name], output.layout)
        dtype = _float_type(program.arguments, inputs)
        return real.astype(dtype), ((evaluator, sizes, dtype),)

    def bwd(
        self, residuals: tuple[tuple[Evaluator, Sizes, Any]], cotangent: Array
    ) -> tuple[Array, ...]:
        """One gradient for each differentiable input."""
        ((forward, sizes, dtype),) = residuals
        layout = self.derived.forward.output.layout
        given = sizes.to_tensor(np.asarray(cotangent, float), layout)
        name = self.derived.cotangent.name
        evaluator = Evaluator({**forward.arrays, name: given}, sizes.lengths)
        run_backward(self.derived.backward, evaluator)
        outputs = self.derived.backward.outputs
        found = (sizes.to_real(evaluator.arrays[o.tensor.name], o.layout) for o in outputs)
        return tuple(real.astype(dtype) for real in found)


def _float_type(arguments: tuple[Argument, ...], inputs: tuple[Array, ...]) -> Any:
    """The dtype of the results: that of the inputs which are not labels, float64 for integers."""
    pairs = zip(arguments, inputs, strict=True)
    types = [np.asarray(x).dtype for a, x in pairs if a.differentiable]
    return np.result_type(*(t if t.kind == "f" else np.float64 for t in types))


def sizes_of(arguments: tuple[Argument, ...], inputs: tuple[Array, ...]) -> Sizes:
    """The lengths of the dims, read off real arrays; a merged axis must follow from the others."""
    lengths: dict[str, int] = {}
    batch: tuple[int, ...] = ()
    for argument, array in zip(arguments, inputs, strict=True):
        shape = np.shape(array)
        axes = list(argument.layout)
        if any(len(axis) == 1 and axis[0].is_batch for axis in axes):
            extra = len(shape) - len(axes) + 1
            batch, shape = shape[:extra], (prod(shape[:extra]), *shape[extra:])
            lengths[BATCH] = prod(batch)
        for axis, length in zip(axes, shape, strict=True):
            if len(axis) == 1 and axis[0].length is None and not axis[0].extent:
                lengths[axis[0].name] = length
    return Sizes(lengths, batch)
