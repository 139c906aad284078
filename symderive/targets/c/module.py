"""Schedule → every name that `templates/c/module.c.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from ...arrays.boundary import joined
from ...arrays.statements import saved_layouts
from ...errors import NotSupportedError
from ...index.memo import remembered
from ...index.nodes import Tensor
from ...loops.fused import whole
from ...loops.kernel import Signature
from ...program import Layout
from ...schedule import Procedure, Schedule
from ..base import expressed
from . import tables
from .driver import Call, Driver
from .nests import Printer
from .words import LANGUAGE, in_ascii, is_reserved

HELPERS = (
    "exp", "expm1", "log", "log1p", "logaddexp", "tanh", "sigmoid", "erfc", "erf", "erfcx",
    "log_ndtr", "log1mexp",
    "heaviside", "modulo", "floor_divide", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div",
    "larger", "sign", "square", "within", "around", "divided", "parts",
)  # fmt: skip
BLOCK = 2048
Job = tuple[str, Procedure, tuple[Tensor, ...], str]


@dataclass(frozen=True)
class Written:
    """The kernels of one operator as text, and how to call them.

    saved: the axes of each residual that the forward makes, the same as in the NumPy module.
    """

    saved: Mapping[Tensor, Layout]
    value: Signature
    forward: Signature
    backward: Signature
    text: Printer


@dataclass(frozen=True)
class Parts:
    """The kernels of an operator that needs NumPy between them, and the module that calls them.

    driver: every name that `templates/numpy/module.py.j2` uses.  order: a line for each step.
    """

    calls: tuple[Call, ...]
    driver: Mapping[str, Any]
    order: tuple[str, ...]
    text: Printer


@remembered
def written(plan: Schedule) -> Written | Parts:
    """The operator in C alone, or else as kernels with NumPy between them."""
    plan = expressed(plan, LANGUAGE.has_function)
    try:
        return alone(plan)
    except NotSupportedError as problem:
        return in_parts(plan, problem)


def in_parts(plan: Schedule, problem: NotSupportedError) -> Parts:
    """The kernels between what NumPy does; the problem again where nothing is left for C."""
    driver = Driver(plan, function_name(plan.name))
    names = driver.view()
    if not driver.calls:
        raise problem
    printer = Printer()
    for call in driver.calls:
        *others, last = (call.made.sources[t].name for t in call.made.signature.writes)
        purpose = f"{', '.join(others)} and {last}." if others else f"{last}."
        printer.nest(call.made.signature.name, purpose, call.made.nest)
    return Parts(tuple(driver.calls), names, tuple(wrapped_order(driver.order)), printer)


def alone(plan: Schedule) -> Written:
    """The kernels: the value, the value with its residuals, the gradient."""
    output = plan.output.tensor
    inputs = {a.tensor for a in plan.inputs}
    saved = tuple(t for t in plan.residuals if t not in inputs and t != output)
    gradients = tuple(o.tensor for o in plan.backward.results)
    name = function_name(plan.name)
    jobs: list[Job] = [(name, plan.forward, (output,), "The value.")]
    if saved:
        purpose = "The value, and what the gradient needs."
        jobs.append((f"{name}_fwd", plan.forward, (output, *saved), purpose))
    jobs.append((f"{name}_bwd", plan.backward, gradients, "The gradient."))
    printer = Printer()
    signatures: list[Signature] = []
    for name, procedure, results, purpose in jobs:
        nest, signature = whole(name, plan, procedure, results, LANGUAGE)
        printer.nest(name, purpose, nest)
        signatures.append(signature)
    return Written(_saved(plan, saved), signatures[0], signatures[-2], signatures[-1], printer)


def _saved(plan: Schedule, made: tuple[Tensor, ...]) -> Mapping[Tensor, Layout]:
    """How NumPy lays out the residuals; a kernel writes the dims in the order of its own."""
    layouts = saved_layouts(plan)
    for tensor in made:
        if tuple(d for d in layouts[tensor] if d) != tensor.dims:
            raise NotSupportedError(f"{plan.name} keeps {tensor.name} transposed")
    return {t: joined(layouts[t]) for t in made}


def function_name(operator: str) -> str:
    """The operator's name, unless C has something of that name."""
    name = in_ascii(operator)
    return f"{name}_value" if is_reserved(name) else name


def wrapped_order(rows: list[str]) -> list[str]:
    """The steps as lines of at most 100 columns, none of which ends the comment they stand in."""
    done = []
    for row in rows:
        indent = row[: len(row) - len(row.lstrip())]
        text = row.replace("*/", "* /")
        done += wrap(text, 93, subsequent_indent=f"{indent}    ") or [""]
    return done


def view(plan: Schedule) -> Mapping[str, Any]:
    """What the file says, decided to the last letter."""
    made = written(plan)
    doc = plan.doc.strip().splitlines()
    return {
        "name": plan.name,
        "doc": (doc[0] if doc else f"{plan.name}.").replace("*/", "* /"),
        "order": made.order if isinstance(made, Parts) else (),
        "functions": made.text.functions,
        "helpers": [h for h in HELPERS if h in made.text.helpers],
        "streams": made.text.streams,
        "block": BLOCK,
        "polynomials": tables.POLYNOMIALS,
    }
