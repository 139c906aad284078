"""Schedule → every name that `templates/c/module.c.j2` uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from ...arrays.boundary import joined
from ...arrays.statements import saved_layouts
from ...errors import NotSupportedError
from ...index.nodes import Tensor
from ...index.places import not_negative
from ...loops.frame import frames
from ...loops.lower import choose
from ...loops.reductions import split
from ...program import Argument, Layout
from ...schedule import Procedure, Schedule
from ...schedule.subexpressions import drop_dead
from ..base import expressed
from . import tables
from .blocks import indented
from .driver import Call, Driver
from .expressions import has_name
from .kernel import Function, Kernel, Signature, wrapped_rows
from .loops import body
from .words import in_ascii, is_reserved

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
    functions: tuple[Function, ...]
    helpers: tuple[str, ...]
    streams: bool


@dataclass(frozen=True)
class Parts:
    """The kernels of an operator that needs NumPy between them, and the module that calls them.

    driver: every name that `templates/numpy/module.py.j2` uses.  order: a line for each step.
    """

    calls: tuple[Call, ...]
    driver: Mapping[str, Any]
    order: tuple[str, ...]
    functions: tuple[Function, ...]
    helpers: tuple[str, ...]
    streams: bool


def written(plan: Schedule) -> Written | Parts:
    """The operator in C alone, or else as kernels with NumPy between them."""
    plan = expressed(plan, has_name)
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
    made = [call.made for call in driver.calls]
    functions = tuple(function for m in made for function in m.functions)
    helpers = tuple(h for h in HELPERS if h in driver.helpers)
    streams = any(m.streams for m in made)
    order = tuple(wrapped_order(driver.order))
    return Parts(tuple(driver.calls), names, order, functions, helpers, streams)


def alone(plan: Schedule) -> Written:
    """The kernels: the value, the value with its residuals, the gradient."""
    output = plan.output.tensor
    inputs = {a.tensor for a in plan.inputs}
    saved = tuple(t for t in plan.residuals if t not in inputs and t != output)
    gradients = tuple(o.tensor for o in plan.backward.results)
    helpers: set[str] = set()
    functions: list[Function] = []
    streams = False
    name = function_name(plan.name)
    jobs: list[Job] = [(name, plan.forward, (output,), "The value.")]
    if saved:
        jobs.append(
            (
                f"{name}_fwd",
                plan.forward,
                (output, *saved),
                "The value, and what the gradient needs.",
            )
        )
    jobs.append((f"{name}_bwd", plan.backward, gradients, "The gradient."))
    signatures: list[Signature] = []
    for name, procedure, results, purpose in jobs:
        kernel = _kernel(plan, name, procedure, results, helpers)
        rows = wrapped_rows(indented(body(kernel)))
        own = {"purpose": purpose, "head": kernel.head(), "body": rows}
        functions += [*kernel.shares, own]
        signatures.append(kernel.signature())
        streams |= kernel.streams
    return Written(
        _saved(plan, saved), signatures[0], signatures[-2], signatures[-1], tuple(functions),
        tuple(h for h in HELPERS if h in helpers), streams,
    )  # fmt: skip


def _saved(plan: Schedule, made: tuple[Tensor, ...]) -> Mapping[Tensor, Layout]:
    """How NumPy lays out the residuals; a kernel writes the dims in the order of its own."""
    layouts = saved_layouts(plan)
    for tensor in made:
        if tuple(d for d in layouts[tensor] if d) != tensor.dims:
            raise NotSupportedError(f"{plan.name} keeps {tensor.name} transposed")
    return {t: joined(layouts[t]) for t in made}


def _kernel(
    plan: Schedule, name: str, procedure: Procedure, results: tuple[Tensor, ...], helpers: set[str]
) -> Kernel:
    live = tuple(drop_dead(list(procedure.statements), results))
    computed = {s.tensor for s in live}
    if not set(results) <= computed:
        raise NotSupportedError(f"{plan.name} hands an argument on as it is")
    taken = {t.name for s in live for t in (s.tensor, *s.value.tensors)}
    statements = split(live, taken)
    used = {t for s in statements for t in s.value.tensors}
    arguments: list[Argument] = [a for a in procedure.arguments if a.tensor in used]
    tensors = [a.tensor.dims for a in arguments]
    low = choose(frames(statements, tensors), statements, results)
    known = not_negative(plan.requires)
    return Kernel(name, low, tuple(arguments), plan.parameters, helpers, known)


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
        "functions": made.functions,
        "helpers": made.helpers,
        "streams": made.streams,
        "block": BLOCK,
        "polynomials": tables.POLYNOMIALS,
    }
