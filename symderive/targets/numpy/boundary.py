"""Where arrays enter and leave a function: merged axes split and join, `axis` moves to the end."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import NotSupportedError
from ...index.dims import Dim
from ...program import Layout as Axes
from .scope import Layout, Scope


def split(layout: Axes) -> Layout:
    """The layout in which the code works: merged axes split, axes without a dim of length one."""
    found: list[Dim | None] = []
    for axis in layout:
        found += list(axis) if axis else [None]
    return tuple(found)


def joined(layout: Layout) -> Axes:
    """A working layout as real axes, of one dim or of none."""
    return tuple((d,) if d else () for d in layout)


def entering(name: str, layout: Axes, known: Mapping[str, Layout], moved: Dim | None) -> list[str]:
    """The rows that bring an argument into its working layout."""
    rows = []
    if moved is not None and layout and layout[-1] == (moved,):
        rows.append(f"{name} = np.moveaxis({name}, axis, -1)")
    if any(len(axis) > 1 for axis in layout):
        lengths = [
            length
            for place, axis in enumerate(layout)
            for length in _split(name, place, layout, axis, known)
        ]
        rows.append(f"{name} = {name}.reshape({', '.join(lengths)})")
    return rows


def _split(
    name: str, place: int, layout: Axes, axis: tuple[Dim, ...], known: Mapping[str, Layout]
) -> list[str]:
    """The lengths of the dims of one real axis of an argument."""
    here = place - len(layout)
    if axis and axis[0].is_batch:
        return [f"*{name}.shape[:{1 - len(layout)}]" if len(layout) > 1 else f"*{name}.shape"]
    if not axis:
        return ["1"]
    if len(axis) == 1:
        return [f"{name}.shape[{here}]"]
    told = [_known(d, name, known) for d in axis]
    unknown = [d for d, length in zip(axis, told, strict=True) if length is None]
    if len(unknown) > 1:
        raise NotSupportedError(
            f"the merged axis '{' '.join(map(str, axis))}' of {name} cannot be split: "
            f"no other input tells the lengths of {' and '.join(map(str, unknown))}"
        )
    rest = " * ".join(length for length in told if length is not None)
    whole = f"{name}.shape[{here}] // {f'({rest})' if '*' in rest else rest}"
    return [length or whole for length in told]


def _known(dim: Dim, name: str, known: Mapping[str, Layout]) -> str | None:
    if dim.length is not None:
        return str(dim.length)
    others = Scope(layouts={n: held for n, held in known.items() if n != name})
    return others.size(dim) if any(dim in held for held in others.layouts.values()) else None


def leaving(name: str, layout: Axes, moved: Dim | None) -> str:
    """A result in the layout that the caller sees."""
    code = name
    if any(len(axis) > 1 for axis in layout):
        count = sum(max(len(axis), 1) for axis in layout)
        place, lengths = -count, []
        for axis in layout:
            width = max(len(axis), 1)
            lengths.append(_joined(name, place, axis, count))
            place += width
        code = f"{name}.reshape({', '.join(lengths)})"
    if moved is not None and layout and layout[-1] == (moved,):
        code = f"np.moveaxis({code}, -1, axis)"
    return code


def _joined(name: str, place: int, axis: tuple[Dim, ...], count: int) -> str:
    if axis and axis[0].is_batch:
        return f"*{name}.shape[:{1 - count}]" if count > 1 else f"*{name}.shape"
    lengths = [
        str(d.length) if d.length is not None else f"{name}.shape[{place + n}]"
        for n, d in enumerate(axis)
    ]
    return " * ".join(lengths) or "1"
