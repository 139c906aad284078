"""Schedule → what the modules of all libraries of arrays for Python have in common."""

from __future__ import annotations

from typing import Any

from ...arrays.statements import VECTOR
from ...index.nodes import Tensor
from ...index.text import mathematics
from ...schedule import Schedule, Statement
from ...schedule.names import apart, functions_of
from .layout import broken, definition, docstring
from .syntax import Row, Syntax, call


def described(plan: Schedule) -> dict[str, Any]:
    """The names of things, and what is said of them."""
    doc = plan.doc.strip().splitlines()
    return {
        "name": plan.name,
        "class_name": class_name(plan.name),
        "title": plan.name.replace("_", " "),
        "doc": doc[0].replace("\\", "/").replace('"""', "'''") if doc else f"{plan.name}.",
        "output": plan.output.tensor.name,
        "saved": len(plan.residuals),
        "unpacked": unpacked([t.name for t in plan.residuals]),
        "cotangent": plan.cotangent.tensor.name,
    }


def shapes_of(plan: Schedule) -> list[str]:
    """A line for the shape of each input."""
    return [f"{a.tensor.name}: {_shape(a.tensor)}" for a in plan.inputs]


def formulas(plan: Schedule) -> list[str]:
    """The closed forms as rows of a docstring."""
    return [row for s in plan.closed for row in docstring(_formula(s), 4)]


def class_name(name: str) -> str:
    """`layer_norm` as a class: LayerNorm; GELULayer where the function is called GELU."""
    found = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    free = found.isidentifier() and apart(found, functions_of(name)) == found
    return found if free else f"Layer{found}" if found[:1].isdigit() else f"{found}Layer"


def calls(plan: Schedule, out: list[str]) -> dict[str, Any]:
    """Signatures, and the calls of one function by another. out: an argument that hands arrays for
    the results from one to the other.
    """
    output, gradients = plan.output.tensor.name, [o.tensor.name for o in plan.backward.results]
    axis = ["axis"] if plan.axis else []
    defaults = {p.tensor.name: repr(p.default) for p in plan.parameters} | dict.fromkeys(axis, "-1")
    kept = kept_options(plan)
    inputs = [a.tensor.name for a in plan.inputs]
    options = [f"{name}={default}" for name, default in defaults.items()]
    room = [f"{name}=None" for name in out]
    whole = call(f"{plan.name}_fwd", *inputs, **{n: n for n in (*defaults, *out)})
    forward = call(f"{plan.name}_fwd", *inputs, **{n: n for n in defaults})
    held = {n: f"self.{n}" for n in kept}
    back = call(f"{plan.name}_bwd", "self.residuals", "dout", **held)
    target = f"({gradients[0]},) = " if len(gradients) == 1 else "return "
    named = [f"{n}={defaults[n]}" for n in kept]
    taken = ["residuals", plan.cotangent.tensor.name, *named, *room]
    return {
        "value_def": definition(plan.name, [*inputs, *options, *room], 0),
        "fwd_def": definition(f"{plan.name}_fwd", [*inputs, *options, *room], 0),
        "bwd_def": definition(f"{plan.name}_bwd", taken, 0),
        "forward_def": definition("forward", ["self", *inputs, *options], 4),
        "value": [
            *broken(f"{output}, _ = ", whole, 4),
            f"    return {output}",
        ],
        "forward_call": broken(f"{output}, self.residuals = ", forward, 8),
        "backward_call": broken(target, back, 8),
        "gradient": gradients[0] if len(gradients) == 1 else "",
        "kept": kept,
    }


def _formula(line: Statement) -> str:
    letters = [i.letter for i in line.indices if not i.dim.is_batch]
    short = all(len(w.rstrip("'")) == 1 for w in letters)  # v and v' are one letter each
    joined = "".join(letters) if short else f"{{{','.join(letters)}}}"
    return f"{line.name}{f'_{joined}' if joined else ''} = {mathematics(line.value, VECTOR)}"


def _shape(tensor: Tensor) -> str:
    dims = ", ".join(map(str, tensor.dims))
    return f"({dims},)" if len(tensor.dims) == 1 else f"({dims})" if dims else "a number"


def unpacked(names: list[str]) -> str:
    return f"({names[0]},) = residuals" if len(names) == 1 else f"{', '.join(names)} = residuals"


def returned(*values: Syntax) -> list[str]:
    """`return a, b`."""
    return broken("return ", values[0] if len(values) == 1 else Row(values, ""), 4)


def kept_options(plan: Schedule) -> list[str]:
    """The options of the forward that the backward takes, too."""
    used = {t for s in plan.backward.statements for t in s.value.tensors}
    kept = [p.tensor.name for p in plan.parameters if p.tensor in used]
    return [*kept, "axis"] if plan.axis else kept
