"""What a function asks of the shapes of its arrays, the same for every library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap

from ...index.dims import Dim
from ...index.ranges import at_least
from ...program import Argument
from ...program import Layout as Axes
from ...schedule import Schedule
from .layout import WIDTH, condition


def shape_checks(name: str, inputs: Sequence[Argument], lengths: dict[Dim, str]) -> list[str]:
    """The rows that refuse inputs whose shapes do not fit; the lengths that they tell are noted."""
    wrong = [w for a in inputs for w in misfits(a.tensor.name, a.layout, lengths)]
    wanted = ", ".join(f"{a.tensor.name} {shape_text(a.layout)}" for a in inputs)
    given = ", ".join(f"{a.tensor.name} {{{a.tensor.name}.shape}}" for a in inputs)
    return refused(wrong, f"{name} takes {wanted}, not {given}")


def misfits(name: str, layout: Axes, lengths: dict[Dim, str]) -> list[str]:
    """What would be wrong with the shape of an array; the lengths that it tells are noted."""
    batched = bool(layout) and bool(layout[0]) and layout[0][0].is_batch
    own = len(layout) - batched
    found = [f"{name}.ndim {'<' if batched else '!='} {own}"] if own or not batched else []
    for place, axis in enumerate(layout):
        code = f"{name}.shape[{place - len(layout) if batched else place}]"
        if batched and place == 0:
            code = f"{name}.shape[:-{own}]" if own else f"{name}.shape"
        if not axis:
            found.append(f"{code} != 1")
        elif len(axis) > 1:
            found += _misfits_of_merged(code, axis, lengths)
        elif axis[0].length is not None:
            found.append(f"{code} != {axis[0].length}")
        elif axis[0] in lengths:
            found.append(f"{code} != {lengths[axis[0]]}")
        elif not axis[0].extent:
            lengths[axis[0]] = code
    return found


def _misfits_of_merged(code: str, axis: tuple[Dim, ...], lengths: Mapping[Dim, str]) -> list[str]:
    told = [str(d.length) if d.length is not None else lengths.get(d) for d in axis]
    known = [length for length in told if length is not None]
    product = " * ".join(known)
    if len(known) == len(axis):
        return [f"{code} != {product}"]
    if len(known) == len(axis) - 1:
        return [f"{code} % {product if len(known) == 1 else f'({product})'} != 0"]
    return []


def refused(conditions: Sequence[str], message: str) -> list[str]:
    """`if a or b: raise ValueError(message)`."""
    if not conditions:
        return []
    head = condition(list(conditions), 4)
    row = f'        raise ValueError(f"{message}")'
    if len(row) <= WIDTH:
        return [*head, row]
    room = WIDTH - 15  # beside the indent, the f and the quotes
    parts = [message]
    if len(message) > room:
        parts = wrap(message, room - 1, break_long_words=False, break_on_hyphens=False)
    texts = [f"{part} " for part in parts[:-1]] + parts[-1:]
    inner = [f'            {"f" if "{" in text else ""}"{text}"' for text in texts]
    return [*head, "        raise ValueError(", *inner, "        )"]


def shape_text(layout: Axes) -> str:
    """The dims of an array for a reader: (b, n), (b, h d) or (...)."""
    return f"({', '.join(' '.join(map(_dim_text, axis)) or '1' for axis in layout)})"


def _dim_text(dim: Dim) -> str:
    return str(dim) if dim.length is None else str(dim.length)


def too_short(plan: Schedule, lengths: Mapping[Dim, str]) -> list[str]:
    """Axes on which a place that the forward names is not there."""
    rows: list[str] = []
    by_name = {d.name: code for d, code in lengths.items()}
    for name, least in at_least(plan.requires).items():
        if least > 0 and name in by_name:
            length = by_name[name]
            message = f"{plan.name} takes {name} of at least {least}, not {{{length}}}"
            rows += refused([f"{length} < {least}"], message)
    return rows
