"""Schedule → every name that `templates/array_api/module.py.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...arrays.axes import Layout, NeedsLastAxis
from ...arrays.boundary import Entry, entering, leaving
from ...arrays.scope import Scope
from ...arrays.statements import lines_of
from ...errors import NotSupportedError
from ...index.dims import Dim
from ...program import Argument
from ...schedule import Procedure, Schedule
from ..base import expressed
from ..python.layout import broken
from ..python.module import calls, described, formulas, returned, shapes_of
from ..python.rows import rows_of
from ..python.shapes import misfits, refused, shape_checks, shape_text, too_short
from ..python.spelling import Spelling
from ..python.syntax import call, row, text
from .words import DIALECT, LIBRARY, has_name

HELPERS = (
    "_taken", "_at", "_rows", "_sigmoid", "_erf_parts", "_erf", "_erfc", "_erfcx", "_log_ndtr",
    "_log1mexp", "_xlogy", "_xlog1py", "_entr", "_rel_entr", "_kl_div", "_ratio",
)  # fmt: skip


def view(plan: Schedule) -> Mapping[str, Any]:
    """What the module says; where the caller's axis cannot be anywhere, it is moved to the end."""
    plan = expressed(plan, has_name)
    try:
        return _view(plan, plan.axis, None)
    except NeedsLastAxis:
        pass
    try:
        return _view(plan, False, plan.inputs[0].layout[-1][0] if plan.axis else None)
    except NeedsLastAxis as error:
        raise NotSupportedError(
            f"array code cannot read {error} at these labels, which run over its leading batch "
            "dims as well; name the batch dims ('b n' for '... n')"
        ) from error


def _view(plan: Schedule, any_axis: bool, end: Dim | None) -> dict[str, Any]:
    ahead, behind = (Spelling(DIALECT, "axis" if any_axis else "-1") for _ in range(2))
    inputs = {a.tensor.name: _outside(a) for a in plan.inputs}
    entries = [e for a in plan.inputs for e in entering(a.tensor.name, a.layout, inputs, end)]
    forward, saved = _body(plan, plan.forward, ahead, entries, {})
    kept = {t.name: saved[t.name] for t in plan.residuals}
    cotangent = plan.cotangent
    known = {**kept, cotangent.tensor.name: _outside(cotangent)}
    entries = entering(cotangent.tensor.name, cotangent.layout, known, end)
    backward, _ = _body(plan, plan.backward, behind, entries, kept)
    output = ahead.write(leaving(plan.output.tensor.name, plan.output.layout, end))
    residuals = row(*(t.name for t in plan.residuals))
    gradients = [behind.write(leaving(o.tensor.name, o.layout, end)) for o in plan.backward.results]
    helpers = ahead.helpers | behind.helpers
    return {
        **described(plan),
        "shapes": shapes_of(plan),
        "helpers": [h for h in HELPERS if h in helpers],
        "device": "device" in helpers,
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


def _body(
    plan: Schedule,
    procedure: Procedure,
    spell: Spelling,
    entries: Sequence[Entry],
    known: Mapping[str, Layout],
) -> tuple[list[str], Mapping[str, Layout]]:
    """The rows of a function, and how its arrays are laid out."""
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    scope = Scope(
        spell.axis == "axis", scalars=scalars, requires=plan.requires, library=LIBRARY
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
    rows = broken("xp = ", call("array_namespace", *arrays), 4)
    return [*rows, f"    at = device({told})"] if "device" in spell.helpers else rows


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
