"""Random arrays for a program, and what the reference evaluator makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from symderive.calculus.result import Derived
from symderive.index.dims import Dim, length_of
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Tensor
from symderive.program import Layout, Program

LENGTHS = {"b": 3, "n": 4, "m": 5, "d": 2, "e": 6}


class Reference:
    """The forward and the backward of a derivation, evaluated plainly for one choice of lengths."""

    def __init__(self, derived: Derived, batch: tuple[int, ...] = (2, 3), seed: int = 0) -> None:
        self.derived, self.batch = derived, batch
        self.lengths = {**LENGTHS, "...": int(np.prod(batch))}
        self.random = np.random.default_rng(seed)
        forward, backward = derived.forward, derived.backward
        arrays = {a.tensor.name: self._sample(a.tensor) for a in forward.arguments}
        defaults = {p.tensor.name: np.array(p.default) for p in forward.parameters}
        self.evaluator = Evaluator({**arrays, **defaults}, self.lengths)
        self._run(forward)
        self.inputs = [self.real(arrays[a.tensor.name], a.layout) for a in forward.arguments]
        self.output = self._value(forward.output.tensor, forward.output.layout)
        shape = np.shape(self.evaluator.arrays[forward.output.tensor.name])
        cotangent = self.random.normal(size=shape)
        self.evaluator.arrays[derived.cotangent.name] = cotangent
        self.cotangent = self.real(cotangent, backward.arguments[-1].layout)
        self._run(backward)
        self.gradients = [self._value(o.tensor, o.layout) for o in backward.outputs]

    def real(self, array: Any, layout: Layout) -> Any:
        """An array over dims as the caller holds it."""
        shape: list[int] = []
        for axis in layout:
            if axis and axis[0].is_batch:
                shape += self.batch
            else:
                shape.append(int(np.prod([self._length(d) for d in axis])))
        return np.asarray(array).reshape(shape)

    def _length(self, dim: Dim) -> int:
        return length_of(dim, self.lengths)

    def _run(self, program: Program) -> None:
        for assignment in program.assignments:
            self.evaluator.assign(assignment.tensor, assignment.indices, assignment.value)

    def _value(self, tensor: Tensor, layout: Layout) -> Any:
        return self.real(self.evaluator.arrays[tensor.name], layout)

    def _sample(self, tensor: Tensor) -> Any:
        shape = tuple(self._length(d) for d in tensor.dims)
        if tensor.domain.is_label:
            below = tensor.domain.below
            return self.random.integers(
                0, self.lengths[below] if isinstance(below, str) else below, shape
            )
        values = self.random.normal(size=shape)
        return np.abs(values) + 0.5 if tensor.domain.is_positive else values
