"""Schedule → every name that `templates/numpy/module.py.j2` uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...index.dims import Dim
from ...index.nodes import Tensor
from ...program import Argument
from ...schedule import Procedure, Schedule, Statement
from .blocked import Blocked, blocked
from .boundary import entering, leaving
from .checks import backward_checks, forward_checks
from .lines import VECTOR, Line, mathematics, write_lines
from .pieces import NeedsLastAxis
from .scope import Layout, Scope
from .wrap import broken, docstring, statement

# in the order in which they are defined
_HELPERS = (
    "_by_blocks", "_along", "_real", "_number", "_labels", "_single", "_sigmoid", "_erf_parts",
    "_erf", "_erfc", "_cumsum",
)  # fmt: skip
_THREADS = (
    "import os",
    "from concurrent.futures import ThreadPoolExecutor",
    "from contextvars import copy_context",
)

Writer = Callable[[Procedure, Scope, Mapping[str, Layout]], list[Line]]


@dataclass(frozen=True)
class Bodies:
    """The rows of the two functions, and the helpers that they call."""

    forward: list[str]
    backward: list[str]
    helpers: set[str]
    asked: list[str]
    asked_back: list[str]


def view(plan: Schedule) -> Mapping[str, Any]:
    """What the module says, decided to the last letter."""
    return _view(plan, _any_axis(plan, tuned=False))


def tuned(plan: Schedule) -> Mapping[str, Any]:
    """The same module, with blocks of rows where rows have nothing to do with one another."""
    found = _view(plan, _any_axis(plan, tuned=True)) | {"option": " --target numpy-tuned"}
    return found | {"imports": _THREADS} if "_by_blocks" in found["helpers"] else found


def view_with(plan: Schedule, write: Writer) -> Mapping[str, Any]:
    """The same for a module whose lines somebody else writes; the reduced axis is the last."""
    return _view(plan, _bodies(plan, "-1", plan.axis, tuned=False, write=write))


def _any_axis(plan: Schedule, tuned: bool) -> Bodies:
    """The bodies for any reduced axis; where they cannot be, that axis is moved to the end."""
    try:
        return _bodies(plan, "axis" if plan.axis else "-1", moved=False, tuned=tuned)
    except NeedsLastAxis:
        return _bodies(plan, "-1", moved=plan.axis, tuned=tuned)


def _view(plan: Schedule, bodies: Bodies) -> dict[str, Any]:
    doc = plan.doc.strip().splitlines()
    return {
        "name": plan.name,
        "option": "",
        "imports": (),
        "class_name": class_name(plan.name),
        "title": plan.name.replace("_", " "),
        "doc": doc[0].replace("\\", "/").replace('"""', "'''") if doc else f"{plan.name}.",
        "shapes": [f"{a.tensor.name}: {_shape(a.tensor)}" for a in plan.inputs],
        "checks": bodies.asked,
        "backward_checks": bodies.asked_back,
        "helpers": [h for h in _HELPERS if h in bodies.helpers],
        "output": plan.output.tensor.name,
        "saved": len(plan.residuals),
        "unpacked": _unpacked([t.name for t in plan.residuals]),
        "cotangent": plan.cotangent.tensor.name,
        "formulas": [row for s in plan.closed for row in docstring(_formula(s), 4)],
        "forward": bodies.forward,
        "backward": bodies.backward,
        **_calls(plan),
    }  # fmt: skip


def class_name(name: str) -> str:
    """`layer_norm` as a class: LayerNorm."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def _calls(plan: Schedule) -> dict[str, Any]:
    """Signatures, and the calls of one function by another."""
    output, gradients = plan.output.tensor.name, [o.tensor.name for o in plan.backward.results]
    axis = ["axis"] if plan.axis else []
    defaults = {p.tensor.name: repr(p.default) for p in plan.parameters} | dict.fromkeys(axis, "-1")
    kept = _kept(plan)
    inputs = [a.tensor.name for a in plan.inputs]
    options = [f"{name}={default}" for name, default in defaults.items()]
    call = ", ".join([*inputs, *(f"{name}={name}" for name in defaults)])
    given = ["self.residuals", "dout", *(f"{n}=self.{n}" for n in kept)]
    back = f"{plan.name}_bwd({', '.join(given)})"
    target = f"({gradients[0]},) = " if len(gradients) == 1 else "return "
    back_signature = ", ".join(
        ["residuals", plan.cotangent.tensor.name, *(f"{n}={defaults[n]}" for n in kept)]
    )
    return {
        "value_def": _definition(plan.name, [*inputs, *options], 0),
        "fwd_def": _definition(f"{plan.name}_fwd", [*inputs, *options], 0),
        "bwd_def": _definition(f"{plan.name}_bwd", back_signature.split(", "), 0),
        "forward_def": _definition("forward", ["self", *inputs, *options], 4),
        "value_call": broken(f"{output}, _ = ", f"{plan.name}_fwd({call})", 4),
        "forward_call": broken(f"{output}, self.residuals = ", f"{plan.name}_fwd({call})", 8),
        "backward_call": broken(target, back, 8),
        "gradient": gradients[0] if len(gradients) == 1 else "",
        "kept": kept,
    }


def _kept(plan: Schedule) -> list[str]:
    """The options of the forward that the backward takes, too."""
    used = {t for s in plan.backward.statements for t in s.value.tensors}
    kept = [p.tensor.name for p in plan.parameters if p.tensor in used]
    return [*kept, "axis"] if plan.axis else kept


def _definition(name: str, parameters: list[str], indent: int) -> list[str]:
    """The `def` line, or several."""
    pad = " " * indent
    together = ", ".join(parameters)
    if len(f"{pad}def {name}({together}):") <= 100:
        return [f"{pad}def {name}({together}):"]
    inner = (
        [f"{pad}    {together}"]
        if len(f"{pad}    {together}") <= 100
        else [f"{pad}    {p}," for p in parameters]
    )
    return [f"{pad}def {name}(", *inner, f"{pad}):"]


def _formula(line: Statement) -> str:
    letters = [i.letter for i in line.indices if not i.dim.is_batch]
    joined = ("" if all(len(w) == 1 for w in letters) else ",").join(letters)
    return f"{line.name}{f'_{joined}' if joined else ''} = {mathematics(line.value, VECTOR)}"


def _shape(tensor: Tensor) -> str:
    dims = ", ".join(map(str, tensor.dims))
    return f"({dims},)" if len(tensor.dims) == 1 else f"({dims})" if dims else "a number"


def _tuple(names: list[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _unpacked(names: list[str]) -> str:
    return f"({names[0]},) = residuals" if len(names) == 1 else f"{', '.join(names)} = residuals"


def saved_layouts(plan: Schedule) -> dict[Tensor, Layout]:
    """The axes of each residual: a dim, or None for one of length 1, as this target keeps them."""
    scope = Scope(scalars=frozenset(p.tensor.name for p in plan.parameters))
    write_lines(plan.forward, scope, {})
    return {t: scope.layouts[t.name] for t in plan.residuals}


def _bodies(
    plan: Schedule, axis: str, moved: bool, tuned: bool, write: Writer = write_lines
) -> Bodies:
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    ahead, behind = Scope(axis=axis, scalars=scalars), Scope(axis=axis, scalars=scalars)
    end = plan.inputs[0].layout[-1][0] if moved else None
    forward = write(plan.forward, ahead, {})
    saved = {t.name: ahead.layouts[t.name] for t in plan.residuals}
    backward = write(plan.backward, behind, saved)
    first = _forward_rows(plan, forward, ahead, end, tuned)
    back = _backward_rows(plan, backward, behind, end, tuned)
    asked = forward_checks(plan, moved)
    asked_back = backward_checks(plan, saved, _kept(plan), moved)
    text = "\n".join((*asked, *asked_back, *first, *back))
    helpers = {h for h in _HELPERS if f"{h}(" in text or f"({h}," in text}
    return Bodies(first, back, ahead.helpers | behind.helpers | helpers, asked, asked_back)


def _forward_rows(
    plan: Schedule, lines: list[Line], scope: Scope, end: Dim | None, tuned: bool
) -> list[str]:
    outside = {a.tensor.name: _outside(a) for a in plan.inputs}
    output, saved = plan.output.tensor.name, [t.name for t in plan.residuals]
    value = leaving(output, plan.output.layout, end)
    enter = [row for a in plan.inputs for row in entering(a.tensor.name, a.layout, outside, end)]
    results = [line.name for line in lines if line.name in {output, *saved}]
    in_blocks = tuned and not enter and value == output
    parts = blocked(plan.forward, lines, scope, results, False) if in_blocks else None
    rows = [f"    {row}" for row in enter] + (_in_blocks(parts) if parts else _rows(lines))
    return rows + broken("return ", f"{value}, {_tuple(saved)}", 4)


def _outside(argument: Argument) -> Layout:
    """The layout of an array as the caller holds it; a merged axis tells no length of a dim."""
    return tuple(axis[0] if len(axis) == 1 else None for axis in argument.layout)


def _backward_rows(
    plan: Schedule, lines: list[Line], scope: Scope, end: Dim | None, tuned: bool
) -> list[str]:
    cotangent = plan.cotangent
    known = {t.name: scope.layouts[t.name] for t in plan.residuals}
    known[cotangent.tensor.name] = _outside(cotangent)
    enter = entering(cotangent.tensor.name, cotangent.layout, known, end)
    names = [o.tensor.name for o in plan.backward.results]
    values = [leaving(o.tensor.name, o.layout, end) for o in plan.backward.results]
    rows = [f"    {row}" for row in enter]
    last = lines[-1]
    in_blocks = tuned and not enter and values == names
    parts = blocked(plan.backward, lines, scope, names, True) if in_blocks else None
    if parts:
        code = _tuple(names) if len(names) == 1 else ", ".join(names)
        return _in_blocks(parts) + broken("return ", code, 4)
    if values == [last.name] and not last.after:
        return rows + _rows(lines[:-1]) + statement("return ", f"({last.code},)", _comment(last), 4)
    code = _tuple(values) if len(names) == 1 else ", ".join(values)
    return rows + _rows(lines) + broken("return ", code, 4)


def _in_blocks(parts: Blocked) -> list[str]:
    """A function of some rows, and its calls."""
    return [
        *(f"    {row}" for row in parts.made),
        "",
        *_definition("block", list(parts.arrays), 4),
        *_rows(parts.lines, 8),
        "",
        *broken("", parts.call, 4),
        *_rows(parts.rest),
    ]


def _rows(lines: Sequence[Line], indent: int = 4) -> list[str]:
    return [row for line in lines for row in _row(line, indent)]


def _row(line: Line, indent: int) -> list[str]:
    prefix = f"{line.name} = " if line.name else ""
    after = [f"{' ' * indent}{row}" for row in line.after]
    return statement(prefix, line.code, _comment(line), indent) + after


def _comment(line: Line) -> str:
    if not line.equation:
        return line.comment
    return f"{line.comment}    ({line.equation})" if line.comment else f"({line.equation})"
