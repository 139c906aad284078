"""Run code on symbolic arrays: what tracing a forward, and auditing a forward with its backward,
have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from ..index.domains import Domain
from ..program import Argument, Parameter, Program
from .array import Array
from .assemble import program_of
from .context import Context, Write, tracing
from .masked import refuse_reals_as_masks
from .names import watching
from .origin import Origin
from .patches import patched
from .plan import Plan, argument_of, array_of, dim_names, restarted
from .randomness import Drawn, noticing_draws, place_of_function, refusal, refusing_randomness

_AGAIN = 4
Body = Callable[[Mapping[str, Array]], Mapping[str, Array]]


@dataclass(frozen=True)
class Run:
    """What a run gave: the program of its outputs, and every write in place, in order."""

    program: Program
    writes: tuple[Write, ...]


def run_symbolic(
    body: Body, domains: Mapping[str, str | Domain], name: str, code: Any = None
) -> Run:
    """Run `body` on symbolic arrays of these dims; it gives its results by name. It may be run
    several times, each time with dims that are split further, so it must start afresh.

    code: the function whose module is searched for what NumPy's dispatch does not reach, where
    that is not `body`.
    """
    runs: list[Run] = []

    def once(plan: Plan) -> Program:
        inputs = [argument_of(key, given, plan) for key, given in domains.items()]
        runs.append(run_body(body, inputs, [], plan, code or body))
        return runs[-1].program

    program = restarted(once, name)
    return replace(runs[-1], program=program.renamed(name))


def run_body(
    body: Body,
    inputs: Sequence[Argument],
    parameters: Sequence[Parameter],
    plan: Plan,
    fn: Any,
    own: bool = False,
) -> Run:
    """One run; an output under the empty name takes the user's name for it.

    own: `body` runs copies of the user's functions, see `rebound`.
    """
    run, in_doubt = _once(body, inputs, parameters, plan, fn, own)
    for _ in range(_AGAIN if in_doubt else 0):  # what it draws itself would differ
        if _once(body, inputs, parameters, plan, fn, own)[0].program != run.program:
            raise Drawn(refusal("a random generator", place_of_function(fn)))
    return run


def _once(
    body: Body,
    inputs: Sequence[Argument],
    parameters: Sequence[Parameter],
    plan: Plan,
    fn: Any,
    own: bool,
) -> tuple[Run, bool]:
    with opened(inputs, parameters, plan, fn, own) as (context, arrays):
        results = body(arrays)
    with tracing(context):
        program = program_of(context, "", inputs, parameters, results)
    refuse_reals_as_masks(context, program)
    used = {t for a in program.assignments for t in a.value.tensors}
    kept = tuple(p for p in parameters if p.tensor in used)
    run = Run(replace(program, parameters=kept), tuple(context.writes))
    return run, context.in_doubt


@contextmanager
def opened(
    inputs: Sequence[Argument],
    parameters: Sequence[Parameter],
    plan: Plan,
    fn: Any,
    own: bool = False,
) -> Iterator[tuple[Context, dict[str, Array]]]:
    """For this time NumPy's functions take symbolic arrays, of which there is one for each input
    and each parameter."""
    code = getattr(fn, "__code__", None)
    written = code.co_varnames if isinstance(code, CodeType) else ()
    known = [a.tensor.name for a in inputs]
    context = Context(plan.refined, frozenset((*written, *known)) | dim_names(inputs))
    context.symbolic_zeros = plan.symbolic_zeros
    context.answers = None if plan.answers is None else list(plan.answers)
    context.know(d for a in inputs for d in a.tensor.dims)
    context.arguments.update(a.tensor for a in inputs)
    context.parameters.update(p.tensor for p in parameters)
    plan.names |= dim_names(inputs)
    arrays = {a.tensor.name: array_of(a) for a in inputs}
    for parameter in parameters:
        number = arrays[parameter.tensor.name] = Array(parameter.tensor[()], ())
        number.origin = Origin(float, (parameter.default,))
    with ExitStack() as held:
        held.enter_context(tracing(context))
        if not own:
            held.enter_context(refusing_randomness())
            held.enter_context(patched(fn))
        held.enter_context(noticing_draws(fn))
        held.enter_context(watching(context, own))
        yield context, arrays
