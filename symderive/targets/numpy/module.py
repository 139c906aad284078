"""Schedule → every name that `templates/numpy/module.py.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...arrays.statements import VECTOR
from ...index.nodes import Tensor
from ...index.text import mathematics
from ...schedule import Schedule, Statement
from ...schedule.names import apart, functions_of
from ..base import expressed
from ..python.layout import broken, definition, docstring
from ..python.syntax import call
from .arithmetic import has_name
from .bodies import HELPERS, Bodies, Writer, bodies, for_any_axis, kept_options
from .quiet import quiet

OUT_VALUE = ("out: an array for the value",)
OUT_FORWARD = (
    "",
    "    out: an array for the value, or a tuple: also for each residual that is new",
)
OUT_BACKWARD = ("", "    out: an array for the gradient, or a tuple of arrays for several")
_THREADS = (
    "import os",
    "from concurrent.futures import ThreadPoolExecutor",
    "from contextvars import copy_context",
)


def view(plan: Schedule) -> Mapping[str, Any]:
    """What the module says, decided to the last letter."""
    plan = expressed(plan, has_name)
    return _view(plan, for_any_axis(plan, tuned=False))


def tuned(plan: Schedule) -> Mapping[str, Any]:
    """The same module, with blocks of rows where rows have nothing to do with one another."""
    plan = expressed(plan, has_name)
    found = _view(plan, for_any_axis(plan, tuned=True)) | {"option": " --target numpy-tuned"}
    blocks = "_by_blocks" in found["helpers"]
    return found | {"imports": _THREADS if blocks else (), "blocks": blocks}


def view_with(plan: Schedule, write: Writer) -> Mapping[str, Any]:
    """The same for a module whose lines somebody else writes; the reduced axis is the last."""
    plan = expressed(plan, has_name)
    return _view(plan, bodies(plan, any_axis=False, moved=plan.axis, tuned=False, write=write))


def _view(plan: Schedule, bodies: Bodies) -> dict[str, Any]:
    doc, output = plan.doc.strip().splitlines(), plan.output.tensor.name
    shapes = [f"{a.tensor.name}: {_shape(a.tensor)}" for a in plan.inputs]
    told = f'    """The value, and what the gradient needs: ({output}, residuals).'
    return {
        "name": plan.name,
        "option": "",
        "imports": (),
        "blocks": False,
        "class_name": class_name(plan.name),
        "title": plan.name.replace("_", " "),
        "doc": doc[0].replace("\\", "/").replace('"""', "'''") if doc else f"{plan.name}.",
        "shapes": [*shapes, *(OUT_VALUE if bodies.out else ())],
        "fwd_doc": [told, *OUT_FORWARD, '    """'] if bodies.out else [f'{told}"""'],
        "checks": bodies.asked,
        "backward_checks": bodies.asked_back,
        "mixed_back": bodies.mixed_back,
        "helpers": [h for h in HELPERS if h in bodies.helpers],
        "output": output,
        "saved": len(plan.residuals),
        "unpacked": _unpacked([t.name for t in plan.residuals]),
        "cotangent": plan.cotangent.tensor.name,
        "formulas": [
            *(row for s in plan.closed for row in docstring(_formula(s), 4)),
            *(OUT_BACKWARD if bodies.out else ()),
        ],
        "quiet_forward": quiet(plan.forward),
        "quiet_backward": quiet(plan.backward),
        "forward": bodies.forward,
        "backward": bodies.backward,
        **_calls(plan, ["out"] if bodies.out else []),
        **({"value": bodies.value} if bodies.value else {}),
    }  # fmt: skip


def class_name(name: str) -> str:
    """`layer_norm` as a class: LayerNorm; GELULayer where the function is called GELU."""
    found = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    free = found.isidentifier() and apart(found, functions_of(name)) == found
    return found if free else f"Layer{found}" if found[:1].isdigit() else f"{found}Layer"


def _calls(plan: Schedule, out: list[str]) -> dict[str, Any]:
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


def _unpacked(names: list[str]) -> str:
    return f"({names[0]},) = residuals" if len(names) == 1 else f"{', '.join(names)} = residuals"
