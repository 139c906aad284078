"""Schedule → the module for a library whose arrays nothing changes in place: the forward and the
backward as plain lines, in the namespace of the arrays that they are called with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...arrays.axes import Layout, NeedsLastAxis
from ...arrays.boundary import Entry, entering, leaving
from ...arrays.library import Library
from ...arrays.scope import Scope
from ...arrays.statements import lines_of
from ...errors import NotSupportedError
from ...index.dims import Dim
from ...index.nodes import Tensor
from ...program import Argument
from ...schedule import Procedure, Schedule
from ...schedule.names import apart
from ..base import expressed
from .layout import broken
from .module import calls, described, formulas, returned, shapes_of
from .rows import rows_of
from .shapes import misfits, refused, shape_checks, shape_text, too_short
from .spelling import Dialect, Spelling
from .syntax import call, row, text


@dataclass(frozen=True)
class Namespace:
    """A library of arrays.  has_name: whether it has a scalar function.  helpers: the functions
    that a module may have, in the order in which they are defined.  of_numbers: those of them that
    use Python's own module of numbers.
    """

    dialect: Dialect
    library: Library
    has_name: Callable[[str], bool]
    helpers: tuple[str, ...]
    of_numbers: frozenset[str]


def functional(plan: Schedule, names: Namespace) -> Mapping[str, Any]:
    """What the module says; where the caller's axis cannot be anywhere, it is moved to the end."""
    plan = expressed(plan, names.has_name)
    taken = {t.name for t in _tensors(plan)}
    own = names.dialect
    library, at, math = (apart(name, taken) for name in (own.library, own.device, own.math))
    names = replace(names, dialect=replace(own, library=library, device=at, math=math))
    try:
        return _view(plan, names, plan.axis, None)
    except NeedsLastAxis:
        pass
    try:
        return _view(plan, names, False, plan.inputs[0].layout[-1][0] if plan.axis else None)
    except NeedsLastAxis as error:
        raise NotSupportedError(
            f"array code cannot read {error} at these labels, which run over its leading batch "
            "dims as well; name the batch dims ('b n' for '... n')"
        ) from error


def _tensors(plan: Schedule) -> Iterator[Tensor]:
    """All that has a name in the module."""
    for procedure in (plan.forward, plan.backward):
        yield from (a.tensor for a in procedure.arguments)
        yield from (s.tensor for s in procedure.statements)
    yield from (p.tensor for p in plan.parameters)


def _view(plan: Schedule, names: Namespace, any_axis: bool, end: Dim | None) -> dict[str, Any]:
    ahead, behind = (Spelling(names.dialect, "axis" if any_axis else "-1") for _ in range(2))
    inputs = {a.tensor.name: _outside(a) for a in plan.inputs}
    entries = [e for a in plan.inputs for e in entering(a.tensor.name, a.layout, inputs, end)]
    forward, saved = _body(plan, names.library, plan.forward, ahead, entries, {})
    kept = {t.name: saved[t.name] for t in plan.residuals}
    cotangent = plan.cotangent
    known = {**kept, cotangent.tensor.name: _outside(cotangent)}
    entries = entering(cotangent.tensor.name, cotangent.layout, known, end)
    backward, _ = _body(plan, names.library, plan.backward, behind, entries, kept)
    output = ahead.write(leaving(plan.output.tensor.name, plan.output.layout, end))
    residuals = row(*(t.name for t in plan.residuals))
    gradients = [behind.write(leaving(o.tensor.name, o.layout, end)) for o in plan.backward.results]
    helpers = ahead.helpers | behind.helpers
    return {
        **described(plan),
        "shapes": shapes_of(plan),
        "helpers": [h for h in names.helpers if h in helpers],
        "imports": _imports(names, helpers),
        "formulas": formulas(plan),
        "forward_start": _start(ahead, [a.tensor.name for a in plan.inputs], _told(plan)),
        "backward_start": _start(
            behind, [cotangent.tensor.name, *_reals(plan.residuals)], cotangent.tensor.name
        ),
        "checks": _checks(plan),
        "backward_checks": _cotangent_checks(plan),
        "forward": [*forward, *returned(output, residuals)],
        "backward": [*backward, *returned(*gradients if len(gradients) > 1 else [row(*gradients)])],
        **calls(plan, []),
    }  # fmt: skip


def _imports(names: Namespace, helpers: set[str]) -> list[str]:
    """The rows that import what the module uses."""
    alias = names.dialect.math
    rows = ["import math"] if helpers & names.of_numbers or "math" in helpers else []
    rows += [f"import math as {alias}"] if alias != "math" and "math" in helpers else []
    device = ", device" if "device" in helpers else ""
    return [*rows, *([""] if rows else []), f"from array_api_compat import array_namespace{device}"]


def _body(
    plan: Schedule,
    library: Library,
    procedure: Procedure,
    spell: Spelling,
    entries: Sequence[Entry],
    known: Mapping[str, Layout],
) -> tuple[list[str], Mapping[str, Layout]]:
    """The rows of a function, and how its arrays are laid out."""
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    scope = Scope(
        spell.axis == "axis", scalars=scalars, requires=plan.requires, library=library
    )  # fmt: skip
    lines = lines_of(procedure, scope, known)
    entered = [f"    {e.name} = {text(spell.write(e.value))}" for e in entries]
    return [*entered, *rows_of(lines, spell)], scope.layouts


def _outside(argument: Argument) -> Layout:
    """The layout of an array as the caller holds it; a merged axis tells no length of a dim."""
    return tuple(axis[0] if len(axis) == 1 else None for axis in argument.layout)


def _reals(tensors: Sequence[Any]) -> list[str]:
    return [t.name for t in tensors if not t.domain.is_label]


def _told(plan: Schedule) -> str:
    """The input that tells dtype and device."""
    return next(a.tensor.name for a in plan.inputs if a.differentiable)


def _start(spell: Spelling, arrays: list[str], told: str) -> list[str]:
    """The rows that find the namespace of the arrays, and where they are."""
    rows = broken(f"{spell.dialect.library} = ", call("array_namespace", *arrays), 4)
    return (
        [*rows, f"    {spell.dialect.device} = device({told})"]
        if "device" in spell.helpers
        else rows
    )


def _checks(plan: Schedule) -> list[str]:
    """Shapes that fit, and one dtype for all real numbers."""
    lengths: dict[Dim, str] = {}
    rows = shape_checks(plan.name, plan.inputs, lengths) + too_short(plan, lengths)
    first, *others = _reals([a.tensor for a in plan.inputs if a.differentiable])
    wrong = [f"{name}.dtype != {first}.dtype" for name in others]
    return rows + refused(wrong, f"{plan.name} takes real inputs of one dtype")


def _cotangent_checks(plan: Schedule) -> list[str]:
    name, layout = plan.cotangent.tensor.name, plan.cotangent.layout
    message = f"{plan.name}_bwd takes {name} {shape_text(layout)}, not {{{name}.shape}}"
    return refused(misfits(name, layout, {}), message)
