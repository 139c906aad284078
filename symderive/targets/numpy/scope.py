"""What the printer knows of a procedure: the layout of each array, where to read lengths."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...errors import NotSupportedError
from ...index.dims import BATCH, Dim, Index
from ...index.nodes import Expr, Ref
from ...index.places import is_within
from ...schedule.shapes import is_plain, plain_indices
from .pieces import Axes

Layout = tuple[Dim | None, ...]


@dataclass
class Scope:
    """The arrays that are alive, in order of their appearance.

    axis: the text of the reduced axis, "-1" or "axis".  scalars: names of Python numbers.
    helpers: functions of the module that the text so far calls.  requires: forms in sizes that are
    not negative: the forward looks first.
    """

    axis: str = "-1"
    layouts: dict[str, Layout] = field(default_factory=dict)
    scalars: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    helpers: set[str] = field(default_factory=set)
    requires: tuple[Expr, ...] = ()

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

    def size(self, dim: Dim) -> str:
        """The length of a dim, read off the first array that has it."""
        for name, layout in self.layouts.items():
            if dim in layout:
                place = layout.index(dim) - len(layout)
                if dim.is_batch:
                    return self._batch_size(name, layout)
                if place == -1 and len(layout) > 1:
                    return f"{name}.shape[{self.axis}]"
                first = place == -len(layout) and layout[0] == dim
                return f"{name}.shape[{0 if first else place}]"
        raise NotSupportedError(
            f"no array here has the dim '{dim}', so that its length is not known"
        )

    def _batch_size(self, name: str, layout: Layout) -> str:
        rest = [f"{name}.shape[{self.axis if n == -1 else n}]" for n in range(1 - len(layout), 0)]
        if not rest:
            return f"{name}.size"
        return f"{name}.size // {rest[0] if len(rest) == 1 else '(' + ' * '.join(rest) + ')'}"

    def batch_rank(self) -> tuple[str, int]:
        """An array with batch dims, and how many other axes it has."""
        for name, layout in self.layouts.items():
            if any(d is not None and d.name == BATCH for d in layout):
                return name, len(layout) - 1
        raise NotSupportedError("no array here has leading batch dims")

    def like(self, dims: Layout) -> str | None:
        """An array of exactly this layout."""
        return next(
            (n for n, layout in self.layouts.items() if layout == dims and n not in self.labels),
            None,
        )

    def with_dims(self, dims: list[Dim]) -> str | None:
        """An array that has just these dims."""
        wanted = sorted(dims)
        return next(
            (n for n, held in self.layouts.items() if sorted(d for d in held if d) == wanted), None
        )

    @property
    def dtype(self) -> str:
        """The dtype of the first array of real numbers."""
        first = next((n for n in self.layouts if n not in self.labels), None)
        return f"{first}.dtype" if first else "float"


def _by_dim(ref: Ref) -> dict[Dim, list[Index]]:
    names: dict[Dim, list[Index]] = {}
    for dim, index in zip(ref.tensor.dims, plain_indices(ref), strict=True):
        names.setdefault(dim, []).append(index)
    return names


def layout_of(axes: Axes) -> Layout:
    """The dims of real axes."""
    return tuple(None if a is None else a.dim for a in axes)
