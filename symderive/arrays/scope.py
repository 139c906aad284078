"""The arrays that are alive, how each is laid out, and where to read lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from ..errors import NotSupportedError
from ..index.dims import BATCH, Dim, Index
from ..index.nodes import Expr, Ref
from ..index.places import is_within
from ..schedule.shapes import is_plain, plain_indices
from .axes import Axes, Layout
from .library import ANY, Library
from .nodes import NUMBER, Array, Count, Elementwise, Length


@dataclass
class Scope:
    """The arrays that are alive, in order of their appearance.

    any_axis: the caller says which axis is reduced; else it is the last.  scalars: names of plain
    numbers.  labels: names of arrays of whole numbers.  requires: forms in sizes that are not
    negative: the forward looks first.  library: what the array code can do.
    """

    any_axis: bool = False
    layouts: dict[str, Layout] = field(default_factory=dict)
    scalars: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    requires: tuple[Expr, ...] = ()
    library: Library = ANY

    def axes(self, ref: Ref) -> Axes:
        """The real axes of a plain reference, in index variables."""
        if ref.tensor.name in self.scalars:
            return ()
        names = _by_dim(ref)
        return tuple(None if d is None else names[d].pop(0) for d in self.layouts[ref.tensor.name])

    def is_plain(self, ref: Ref) -> bool:
        """True where the whole array is meant."""
        return is_plain(ref)

    def is_within(self, place: Expr, dim: Dim) -> bool:
        """True where a place is certainly on an axis of that dim."""
        return is_within(place, dim, self.requires)

    def size(self, dim: Dim) -> Array:
        """The length of a dim, read off the first array that has it."""
        for name, layout in self.layouts.items():
            if dim in layout:
                place = layout.index(dim) - len(layout)
                if dim.is_batch:
                    return self._batch_size(name, layout)
                if place == -1 and len(layout) > 1:
                    return Length(name, -1)
                first = place == -len(layout) and layout[0] == dim
                return Length(name, 0 if first else place)
        raise NotSupportedError(
            f"no array here has the dim '{dim}', so that its length is not known"
        )

    def _batch_size(self, name: str, layout: Layout) -> Array:
        rest = [Length(name, n) for n in range(1 - len(layout), 0)]
        if not rest:
            return Count(name)
        return Elementwise("whole_quotient", (Count(name), product(rest)), kind=NUMBER)

    def batch_rank(self) -> tuple[str, int]:
        """An array with batch dims, and how many other axes it has."""
        for name, layout in self.layouts.items():
            if any(d is not None and d.name == BATCH for d in layout):
                return name, len(layout) - 1
        raise NotSupportedError("no array here has leading batch dims")

    def like(self, dims: Layout) -> str:
        """An array of exactly this layout, "" where there is none."""
        alike = (n for n, held in self.layouts.items() if held == dims and n not in self.labels)
        return next(alike, "")

    def with_dims(self, dims: list[Dim]) -> str | None:
        """An array that has just these dims."""
        wanted = sorted(dims)
        return next(
            (n for n, held in self.layouts.items() if sorted(d for d in held if d) == wanted), None
        )

    @property
    def dtype(self) -> str:
        """The first array of real numbers, "" where there is none."""
        return next((n for n in self.layouts if n not in self.labels), "")


def product(numbers: Sequence[Array]) -> Array:
    """The product of numbers."""
    return reduce(lambda a, b: Elementwise("multiply", (a, b), kind=NUMBER), numbers)


def _by_dim(ref: Ref) -> dict[Dim, list[Index]]:
    names: dict[Dim, list[Index]] = {}
    for dim, index in zip(ref.tensor.dims, plain_indices(ref), strict=True):
        names.setdefault(dim, []).append(index)
    return names
