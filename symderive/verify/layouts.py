"""Between tensors, whose axes are dims, and a kernel's arrays, whose axes may be merged."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from ..index.dims import BATCH, Dim, length_of
from ..program import Layout

Array = Any


class Sizes:
    """The length of every free dim, and how the one batch index `...` unfolds into real axes."""

    def __init__(self, lengths: Mapping[str, int], batch: tuple[int, ...] | None = None) -> None:
        self.lengths = dict(lengths)
        self.batch = (
            (self.lengths[BATCH],) if batch is None and BATCH in self.lengths else batch or ()
        )
        if BATCH in self.lengths:
            self.lengths[BATCH] = prod(self.batch)

    def length(self, dim: Dim) -> int:
        """The length of a dim."""
        return length_of(dim, self.lengths)

    def tensor_shape(self, dims: tuple[Dim, ...]) -> tuple[int, ...]:
        """The shape of a tensor over these dims."""
        return tuple(self.length(d) for d in dims)

    def real_shape(self, layout: Layout) -> tuple[int, ...]:
        """The shape of the real array."""
        shape: list[int] = []
        for axis in layout:
            batched = len(axis) == 1 and axis[0].is_batch
            shape.extend(self.batch if batched else (prod(self.length(d) for d in axis),))
        return tuple(shape)

    def to_real(self, tensor: Array, layout: Layout) -> Array:
        """A tensor as the array that a kernel takes; its layout has the tensor's order of dims."""
        return np.reshape(tensor, self.real_shape(layout))

    def to_tensor(self, real: Array, layout: Layout) -> Array:
        """A kernel's array as a tensor over its dims."""
        return np.reshape(real, self.tensor_shape(tuple(d for axis in layout for d in axis)))

    def __str__(self) -> str:
        shown = [f"{name}={length}" for name, length in self.lengths.items() if name != BATCH]
        if BATCH in self.lengths:
            shown.insert(0, f"...={'×'.join(map(str, self.batch)) or 'none'}")
        return " ".join(shown) or "scalars"
