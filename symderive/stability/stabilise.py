"""Program to an equal program that does not overflow or cancel: each rule in turn, wherever it fires, until none does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..errors import DerivationError
from ..index.nodes import Expr
from ..index.walk import transform, walk
from ..program import Program
from ..trace import Step
from .cases import both_cases, log1p_form
from .chain import Definitions, checked, definitions, live
from .exponential import exponential_form
from .exponential import named as named_exponential
from .logarithm import log_form
from .logarithm import named as named_logarithm
from .moments import deviations
from .own_shift import own_shift
from .rules import RULES
from .shift import shift

Rewritten = tuple[Program, tuple[Step, ...]]
LIMIT = 200


@dataclass(frozen=True)
class Stabilised:
    """The stabilised program, and the steps that led to it.

    stages: for each step the program whose names it speaks of: there, before = after.
    """

    program: Program
    steps: tuple[Step, ...]
    stages: tuple[Program, ...] = ()


Local = Callable[[Expr, Definitions], Expr | None]
Name = Callable[[Expr, Expr], str]

# At one node of an expression, looking through names: the equal expression, or None where the rule says nothing; and
# the key of the rule that it is told by.
LOCAL: tuple[tuple[Local, Name], ...] = (
    (log_form, named_logarithm),
    (exponential_form, named_exponential),
    (deviations, lambda before, after: "variance"),
    (both_cases, lambda before, after: "both-cases"),
)
LATE: tuple[tuple[Local, Name], ...] = ((log1p_form, lambda before, after: "log1p"),)


def sweep(program: Program, local: tuple[tuple[Local, Name], ...]) -> Rewritten | None:
    """Each local rule at every node of every assignment. None where none fires."""
    known, steps, lines = definitions(program), [], []
    for assignment in program.assignments:
        value = assignment.value
        for rule, name in local if not assignment.constant else ():
            while key := next(iter(_firing(value, known, rule, name)), None):
                after = transform(value, lambda n: _apply(n, known, rule, name, key))
                left = str(assignment.left)
                steps.append(Step(key, left, value, after, RULES[key].because["en"]))
                value = after
        lines.append(replace(assignment, value=value))
    if not steps:
        return None
    after = live(replace(program, assignments=tuple(lines)))
    return checked(program, after, ", ".join(dict.fromkeys(s.rule for s in steps))), tuple(steps)


def _firing(value: Expr, known: Definitions, rule: Local, name: Name) -> Iterator[str]:
    """The keys under which a rule fires in a value."""
    for node in walk(value):
        after = rule(node, known)
        if after is not None and after is not node:
            yield name(node, after)


def _apply(node: Expr, known: Definitions, rule: Local, name: Name, key: str) -> Expr | None:
    after = rule(node, known)
    return after if after is not None and name(node, after) == key else None


PASSES: dict[str, Callable[[Program], Rewritten | None]] = {
    "local": lambda program: sweep(program, LOCAL),
    "own shift": own_shift,
    "shift": shift,
    "late": lambda program: sweep(program, LATE),
}


def stabilise(program: Program) -> Stabilised:
    """An equal program that does not overflow or cancel where a rule can help it, with the steps."""
    steps: tuple[Step, ...] = ()
    stages: tuple[Program, ...] = ()
    for _ in range(LIMIT):
        rewritten = next(
            ((p, found) for p, a_pass in PASSES.items() if (found := a_pass(program))), None
        )
        if rewritten is None:
            return Stabilised(program, steps, stages)
        spoken_of, (after, more) = rewritten
        steps += more
        stages += (program if spoken_of in ("local", "late") else after,) * len(more)
        program = after
    last = "\n".join(map(str, steps[-4:]))
    raise DerivationError(
        f"the stabilisation of {program.name} did not end after {LIMIT} rewrites; the last steps:\n{last}"
    )
