"""Schedule → every name that `templates/numpy/module.py.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...schedule import Schedule
from ..base import expressed
from ..python.module import calls, described, formulas, shapes_of
from .arithmetic import has_name
from .bodies import HELPERS, Bodies, Writer, bodies, for_any_axis
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


def listed(plan: Schedule) -> Mapping[str, Sequence[str]]:
    """The rows of the forward and of the backward, without their docstrings."""
    said = view(plan)
    unpacked = [f"    {said['unpacked']}"] if said["saved"] else []
    back = (*said["bwd_def"], *said["mixed_back"], *unpacked, *said["backward_checks"])
    return {
        "forward": [*said["fwd_def"], *said["checks"], *said["forward"]],
        "backward": [*back, *said["backward"]],
    }


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
    output = plan.output.tensor.name
    told = f'    """The value, and what the gradient needs: ({output}, residuals).'
    return {
        **described(plan),
        "option": "",
        "imports": (),
        "blocks": False,
        "shapes": [*shapes_of(plan), *(OUT_VALUE if bodies.out else ())],
        "fwd_doc": [told, *OUT_FORWARD, '    """'] if bodies.out else [f'{told}"""'],
        "checks": bodies.asked,
        "backward_checks": bodies.asked_back,
        "mixed_back": bodies.mixed_back,
        "helpers": [h for h in HELPERS if h in bodies.helpers],
        "formulas": [*formulas(plan), *(OUT_BACKWARD if bodies.out else ())],
        "quiet_forward": quiet(plan.forward),
        "quiet_backward": quiet(plan.backward),
        "forward": bodies.forward,
        "backward": bodies.backward,
        **calls(plan, ["out"] if bodies.out else []),
        **({"value": bodies.value} if bodies.value else {}),
    }  # fmt: skip
