"""From the shapes of a call to the lengths of dims, and from there to the shapes of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from ...errors import InputError
from ...index.dims import Dim, length_of
from ...index.nodes import Expr
from ...index.ranges import at_least, in_lengths, sizes_in
from ...index.text import text
from ...loops.frame import Axis
from ...program import Layout


@dataclass(frozen=True)
class Lengths:
    """The length of each dim by name, and the leading batch dims."""

    known: Mapping[str, int]
    batch: tuple[int, ...]

    def of(self, dim: Dim) -> int:
        """The number of places along a dim; x[2:] of one element has none."""
        return prod(self.batch) if dim.is_batch else max(0, length_of(dim, self.known))

    def refuse(self, requires: Iterable[Expr], operator: str) -> None:
        """InputError where an axis is too short for a place that the forward names."""
        for form in requires:
            if sizes_in(form) <= self.known.keys() and in_lengths(form, self.known) < 0:
                wanted = [f"{n} of at least {k}" for n, k in at_least([form]).items()]
                told = " and ".join(f"{n} = {self.known[n]}" for n in sorted(sizes_in(form)))
                wanted.append(f"lengths with {text(form)} ≥ 0")
                raise InputError(f"{operator} takes {wanted[0]}, not {told}")

    def product(self, axis: Axis) -> int:
        """The length of several dims taken as one."""
        return prod(self.of(d) for d in axis)

    def shape(self, layout: Layout) -> tuple[int, ...]:
        """The shape of a real array."""
        found: list[int] = []
        for axis in layout:
            if axis and axis[0].is_batch:
                found += self.batch
            else:
                found.append(self.product(axis))
        return tuple(found)


def solve(shapes: Sequence[tuple[str, Layout, tuple[int, ...]]], operator: str) -> Lengths:
    """The lengths on which arrays agree, given as (name, layout, shape); else InputError."""
    known: dict[str, int] = {}
    batch: tuple[int, ...] | None = None
    later: list[tuple[str, Axis, int]] = []
    for name, layout, shape in shapes:
        leading = bool(layout) and bool(layout[0]) and layout[0][0].is_batch
        rest = layout[1:] if leading else layout
        if len(shape) < len(rest) or (not leading and len(shape) != len(rest)):
            raise InputError(f"{operator} takes {written(shapes)}; {name} has shape {shape}")
        split = len(shape) - len(rest)
        if leading:
            if batch not in (None, shape[:split]):
                raise InputError(
                    f"{operator}: the batch dims {shape[:split]} of {name} are not {batch}"
                )
            batch = shape[:split]
        for axis, length in zip(rest, shape[split:], strict=True):
            later.append((name, axis, length))
    for _ in range(2):  # an axis that holds several dims is known once all of them but one are
        for name, axis, length in later:
            _learn(name, axis, length, known, operator)
    found = Lengths(known, batch or ())
    for name, axis, length in later:
        if _is_known(axis, known) and found.product(axis) != length:
            dims = " ".join(map(str, axis)) or "1"
            raise InputError(
                f"{operator}: the axis '{dims}' of {name} has length {length}, "
                f"not {found.product(axis)}"
            )
    return found


def _is_known(axis: Axis, known: Mapping[str, int]) -> bool:
    names = [
        n for d in axis if d.length is None for n in ([e for e, _ in d.extent if e] or [d.name])
    ]
    return all(n in known for n in names)


def _learn(name: str, axis: Axis, length: int, known: dict[str, int], operator: str) -> None:
    free = [d for d in axis if d.length is None and not d.extent and d.name not in known]
    others = [d for d in axis if d not in free]
    if len(free) != 1 or not _is_known(tuple(others), known):
        return
    rest = prod(length_of(d, known) for d in others)
    if rest and length % rest:
        raise InputError(
            f"{operator}: an axis of {name} has length {length}, not a multiple of {rest}"
        )
    known[free[0].name] = length // rest if rest else 0


def written(shapes: Sequence[tuple[str, Layout, Any]]) -> str:
    """The arguments as a reader knows them: `x (..., n), w (n)`."""
    return ", ".join(
        f"{name} ({', '.join(' '.join(map(str, axis)) or '1' for axis in layout)})"
        for name, layout, _ in shapes
    )
