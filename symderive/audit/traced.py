"""Forward and backward on symbolic arrays => two programs: what is differentiated, and what the
code says that its gradient is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..calculus.stage import staged
from ..errors import NeedsValue, NotSupportedError, SymderiveError, nearest
from ..frontends.array import Array
from ..frontends.broadcasting import as_array
from ..frontends.context import Undecided, Write, current
from ..frontends.plan import Plan, argument_of, restarted
from ..frontends.symbolic import Run, opened, run_body
from ..frontends.trace import checked_output
from ..index.domains import Domain
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.walk import walk
from ..program import Argument, Assignment, Layout, Program, read_for
from .caught import Caught
from .drawn import NewDraws
from .forwarded import RoleError
from .held import Held
from .literals import Literals, noting_literals
from .outside import drawing, refusing_files
from .subjects import Subject

MOST_DECISIONS = 4
LARGEST = 1600  # distinct nodes of all assignments

Given = Mapping[str, str | Domain]


@dataclass(frozen=True)
class Claim:
    """What the code says the gradient of an argument is: its element, over the argument's indices
    where the shapes agree."""

    argument: Argument
    value: Expr
    layout: Layout
    where: str

    @property
    def fits(self) -> bool:
        """True where the gradient has the shape of its argument."""
        return self.layout == self.argument.layout


@dataclass(frozen=True)
class Traced:
    """forward: the program that is differentiated.  code: what backward assigns, in order.
    claims: by argument, what the code says its gradient is.
    literals: by argument, the numbers that the forward compares it with by == or !=.
    subject: the code, with the arrays of its own that were made arguments.
    """

    forward: Program
    cotangent: Argument
    code: tuple[Assignment, ...]
    claims: Mapping[str, Claim]
    missing: tuple[str, ...]
    subject: Subject
    writes: tuple[Write, ...]
    literals: Literals = field(default_factory=dict)


def traced(subject: Subject, domains: Given, constants: Collection[str] | None = ()) -> Traced:
    """Run the code on symbolic arrays of these dims, its own arrays among them.

    constants: arrays of its own that stay as they are; None for all of them.
    A decision on data that only sees that the data is valid (else the code raises) is taken.
    """
    try:
        return _traced(subject, domains, constants, None)
    except NeedsValue as error:
        found = _valid(subject, domains, constants, ())
        if found is None:
            raise error
        return found


def _valid(
    subject: Subject, domains: Given, constants: Collection[str] | None, answers: tuple[bool, ...]
) -> Traced | None:
    """The run in which the code raises nothing, where there is one alone."""
    if len(answers) > MOST_DECISIONS:
        return None
    try:
        return _traced(subject, domains, constants, answers)
    except Undecided:
        pass
    ways = []
    for answer in (False, True):
        with Caught() as caught:
            found = _valid(subject, domains, constants, (*answers, answer))
        if caught.error is None or isinstance(caught.error, SymderiveError):
            ways.append(None if caught.error else found)
    return ways[0] if len(ways) == 1 else None


def _traced(
    subject: Subject,
    domains: Given,
    constants: Collection[str] | None,
    answers: tuple[bool, ...] | None,
) -> Traced:
    """One run, with these answers to decisions on data."""
    runs: list[tuple[Run, Argument, dict[str, str], Subject]] = []
    literals: dict[str, tuple[float, ...]] = {}

    def once(plan: Plan) -> Program:
        given = [argument_of(name, dims, plan) for name, dims in domains.items()]
        held = [] if constants is None else _held(subject, given, plan, constants)
        whole = subject.holding(held)
        inputs = [*given, *(h.argument for h in held)]
        names = {a.tensor.name for a in inputs}
        draws = NewDraws({*names, *(f.name for f in subject.formals)})

        def forward(arrays: Mapping[str, Array]) -> dict[str, Array]:
            with drawing(draws):
                found = _forward(whole, arrays)
            inputs.extend(draws.arguments)
            return found

        with noting_literals(frozenset(names), literals):
            probe = run_body(forward, inputs, [], plan, subject.code)
        used = _reached(probe.program)
        drawn = [a.tensor.name for a in draws.arguments]
        whole = subject.holding([h for h in held if h.argument.tensor in used], drawn)
        inputs = [*given, *(h.argument for h in whole.held), *draws.arguments]
        name = unused(subject.roles.cotangent, {a.tensor.name for a in inputs})
        output = probe.program.output
        cotangent = Argument(Tensor(name, output.tensor.dims), output.layout)
        wanted = [a.tensor.name for a in inputs if a.differentiable and a.tensor.name not in drawn]
        left: dict[str, str] = {}

        def body(arrays: Mapping[str, Array]) -> dict[str, Array]:
            return _both(whole, arrays, name, wanted, left)

        run = run_body(body, [*inputs, cotangent], [], plan, subject.code)
        runs.append((run, cotangent, left, whole))
        return run.program

    with refusing_files():
        program = staged(restarted(once, subject.name, answers))
    return replace(_split(program, *runs[-1]), literals=literals)


def _held(
    subject: Subject, given: list[Argument], plan: Plan, constants: Collection[str]
) -> list[Held]:
    """The arrays that the code holds by itself once it is constructed; a constant that is none of
    its arrays raises.
    """
    taken, fixed = {a.tensor.name for a in given}, {*constants, *plan.masks}
    with opened(given, [], plan, subject.code) as (_, arrays), drawing(NewDraws(taken)):
        held = subject.holds(arrays)
    known = [*(f.name for f in subject.formals), *(h.name for h in held)]
    for name in constants:
        if name not in known:
            raise RoleError(
                f"{subject.name} has no array '{name}' that could be a constant."
                + (nearest(name, known) or f" It has {', '.join(known)}.")
            )
    return [h for h in held if h.name not in fixed]


def _reached(program: Program) -> set[Tensor]:
    """What the output depends on."""
    return read_for(program.assignments, [program.output.tensor])[1]


def refuse_large(run: Traced) -> None:
    """Raise where deriving and proving would take minutes: then the numbers must do."""
    lines = (*run.forward.assignments, *run.code)
    size = sum(sum(1 for _ in walk(a.value)) for a in lines)
    if size > LARGEST:
        raise NotSupportedError(
            f"the code makes {len(lines)} assignments, which would take minutes to derive: loops "
            "over dims of known length are written out; array operations, or smaller dims, are not"
        )


def _forward(subject: Subject, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {"": checked_output(subject.start(arrays).output, subject.code)}


def _both(
    subject: Subject,
    arrays: Mapping[str, Array],
    cotangent: str,
    wanted: list[str],
    left: dict[str, str],
) -> dict[str, Array]:
    inputs = {n: a for n, a in arrays.items() if n != cotangent}
    session = subject.start(inputs)
    output = _still(checked_output(session.output, subject.code))
    _name_saved(session.saved())
    found = session.backward(arrays[cotangent], wanted)
    left.update({name: gradient.where for name, gradient in found.items()})
    return {"": output} | {f"d{n}": _still(as_array(g.array)) for n, g in found.items()}


def _name_saved(saved: Mapping[str, Any]) -> None:
    """What is kept as self.out is called out: that is how the backward calls it."""
    cells, named = current().cells, set[Tensor]()
    for path, array in saved.items():
        _, dot, name = path.partition(".")
        tensor = getattr(array.value, "tensor", None) if isinstance(array, Array) else None
        if dot and name.isidentifier() and tensor in cells and tensor not in named:
            named.add(tensor)
            cells[tensor].name = name.strip("_") or cells[tensor].name


def _still(array: Array) -> Array:
    """The array as it is now, whatever is written to it later."""
    return Array(array.value, array.axes, array.kind)


def _split(
    program: Program, run: Run, cotangent: Argument, left: dict[str, str], subject: Subject
) -> Traced:
    arguments = tuple(a for a in program.arguments if a.tensor != cotangent.tensor)
    output, *gradients = program.outputs
    forward = replace(program, arguments=arguments, outputs=(output,)).live()
    by_name = {a.tensor.name: a for a in arguments}
    claims = {}
    for name, gradient in zip(left, gradients, strict=True):
        value = gradient.tensor.element
        claims[name] = Claim(by_name[name], value, gradient.layout, left[name])
    code = tuple(a for a in program.assignments if a not in forward.assignments)
    known = {*left, *subject.draws}
    missing = tuple(
        a.tensor.name for a in arguments if a.differentiable and a.tensor.name not in known
    )
    return Traced(forward, cotangent, code, claims, missing, subject, run.writes)
