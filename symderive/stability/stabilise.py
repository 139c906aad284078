"""Program to an equal program that does not overflow or cancel: each rule in turn, wherever it fires, until none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import DerivationError
from ..index.nodes import Expr
from ..index.walk import transform
from ..program import Program
from ..trace import Step
from .chain import Definitions, checked, definitions, live, with_value
from .logarithm import log_of_product
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


# At one node of an expression, looking through names: the equal expression, or None where the rule says nothing.
LOCAL: dict[str, Callable[[Expr, Definitions], Expr | None]] = {
    "log-of-product": log_of_product,
}


def rewrite_locally(program: Program) -> Rewritten | None:
    """The first assignment in which a local rule fires, with that rule applied throughout it."""
    known = definitions(program)
    for key, rule in LOCAL.items():
        for assignment in program.assignments:
            steps: list[Step] = []

            def leaf(node: Expr, key: str = key, rule: Callable[[Expr, Definitions], Expr | None] = rule,
                     left: str = str(assignment.left), steps: list[Step] = steps) -> Expr | None:  # fmt: skip
                after = rule(node, known)
                if after is not None and after is not node:
                    steps.append(Step(key, left, node, after, RULES[key].because["en"]))
                    return after
                return None

            value = transform(assignment.value, leaf)
            if steps:
                after = live(with_value(program, assignment.tensor, value))
                return checked(program, after, key), tuple(steps)
    return None


PASSES: dict[str, Callable[[Program], Rewritten | None]] = {
    "local": rewrite_locally,
    "own shift": own_shift,
    "shift": shift,
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
        stages += (program if spoken_of == "local" else after,) * len(more)
        program = after
    last = "\n".join(map(str, steps[-4:]))
    raise DerivationError(
        f"the stabilisation of {program.name} did not end after {LIMIT} rewrites; the last steps:\n{last}"
    )
