"""Schedule → every name that `templates/numpy/module.py.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...index.nodes import Tensor
from ...program import Parameter
from ...schedule import Procedure, Schedule
from .lines import VECTOR, Line, axis_layout, mathematics, write_lines
from .pieces import NeedsLastAxis
from .scope import Scope
from .wrap import statement

_ORDER = ("_sigmoid", "_erf", "_erfc")


@dataclass(frozen=True)
class Body:
    """The rows of a function, and what they call."""

    rows: list[str]
    helpers: set[str]


def view(plan: Schedule) -> Mapping[str, Any]:
    """What the module says, decided to the last letter."""
    try:
        forward, backward = _bodies(plan, "axis" if plan.axis else "-1", moved=False)
    except NeedsLastAxis:
        forward, backward = _bodies(plan, "-1", moved=plan.axis)
    options = [f"{p.tensor.name}={p.default!r}" for p in plan.parameters] + (["axis=-1"] if plan.axis else [])
    back_options = _backward_options(plan)
    passed = [p.tensor.name for p in plan.parameters] + (["axis"] if plan.axis else [])
    back_names = [o.split("=")[0] for o in back_options]
    inputs = [a.tensor.name for a in plan.inputs]
    gradients = [o.tensor.name for o in plan.backward.results]
    return {
        "name": plan.name,
        "class_name": "".join(part.capitalize() for part in plan.name.split("_")),
        "title": plan.name.replace("_", " "),
        "doc": plan.doc.strip().splitlines()[0] if plan.doc.strip() else f"{plan.name}.",
        "shapes": [f"{a.tensor.name}: {_shape(a.tensor)}" for a in plan.inputs],
        "output_shape": f"{plan.output.tensor.name}: {_shape(plan.output.tensor)}",
        "helpers": [h for h in _ORDER if h in forward.helpers | backward.helpers],
        "signature": ", ".join([*inputs, *options]),
        "call": ", ".join([*inputs, *(f"{n}={n}" for n in passed)]),
        "output": plan.output.tensor.name,
        "residuals": _tuple([t.name for t in plan.residuals]),
        "unpacked_line": _unpacked(plan),
        "saved": len(plan.residuals),
        "cotangent": plan.cotangent.tensor.name,
        "back_signature": ", ".join(["residuals", plan.cotangent.tensor.name, *back_options]),
        "back_call": ", ".join(["self.residuals", "dout", *(f"{n}=self.{n}" for n in back_names)]),
        "kept": back_names,
        "gradients": _tuple(gradients),
        "gradient": gradients[0] if len(gradients) == 1 else "",
        "formulas": [f"{s.name}{_subscript(s.tensor)} = {mathematics(s.value, VECTOR)}" for s in plan.closed],
        "forward": forward.rows,
        "backward": backward.rows,
    }


def _subscript(tensor: Tensor) -> str:
    from ...index.dims import letter

    letters = [letter(d, 0) for d in tensor.dims if not d.is_batch]
    joined = ("" if all(len(w) == 1 for w in letters) else ",").join(letters)
    return "" if not letters else f"_{joined}" if len(joined) == 1 else f"_{{{joined}}}"


def _shape(tensor: Tensor) -> str:
    return f"({', '.join(map(str, tensor.dims))}{',' if len(tensor.dims) == 1 else ''})" if tensor.dims else "scalar"


def _backward_options(plan: Schedule) -> list[str]:
    used = {t for s in plan.backward.statements for t in s.value.tensors}
    options = [f"{p.tensor.name}={p.default!r}" for p in plan.parameters if p.tensor in used]
    return options + (["axis=-1"] if plan.axis else [])


def _unpacked(plan: Schedule) -> str:
    names = [t.name for t in plan.residuals]
    return f"({names[0]},) = residuals" if len(names) == 1 else f"{', '.join(names)} = residuals"


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _bodies(plan: Schedule, axis: str, moved: bool) -> tuple[Body, Body]:
    del moved
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    ahead, behind = Scope(axis=axis, scalars=scalars), Scope(axis=axis, scalars=scalars)
    forward = write_lines(plan.forward, ahead, {})
    saved = {t.name: ahead.layouts[t.name] for t in plan.residuals}
    backward = write_lines(plan.backward, behind, saved)
    names = [o.tensor.name for o in plan.backward.results]
    output = plan.output.tensor.name
    rows = _rows(forward) + statement("return ", f"{output}, {_tuple([t.name for t in plan.residuals])}", "", 4)
    last = backward[-1] if backward else None
    if len(names) == 1 and last is not None and last.name == names[0]:
        back = _rows(backward[:-1]) + statement("return ", f"({last.code},)", _comment(last), 4)
    else:
        back = _rows(backward) + statement("return ", ", ".join(names) if len(names) > 1 else f"({names[0]},)", "", 4)
    return Body(rows, ahead.helpers), Body(back, behind.helpers)


def _rows(lines: list[Line]) -> list[str]:
    return [row for line in lines for row in statement(f"{line.name} = ", line.code, _comment(line), 4)]


def _comment(line: Line) -> str:
    return f"{line.comment}    ({line.equation})" if line.equation else line.comment


__all__ = ["axis_layout", "view"]
