"""Apply rules that look at one node of an expression, at every node of every assignment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..errors import DerivationError
from ..index import nodes
from ..index.dims import indices_of
from ..index.nodes import Call, Expr
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import Definitions, checked, definitions, free_name, live
from .rules import RULES

Rewritten = tuple[Program, tuple[Step, ...]]
MOST = 50  # rewrites of one value
NAMES = {"sigmoid": "s", "tanh": "t", "erfc": "c"}  # what a new value of such a function is called


@dataclass(frozen=True)
class Local:
    """A rule at one node, looking through names: the equal expression, or None.

    key: the key of the rule that a rewrite from one expression to another is told by.
    """

    rewrite: Callable[[Expr, Definitions], Expr | None]
    key: Callable[[Expr, Expr], str]

    def firing(self, value: Expr, known: Definitions) -> Iterator[str]:
        """The keys under which the rule fires in a value."""
        for node in walk(value):
            after = self.rewrite(node, known)
            if after is not None and after is not node:
                yield self.key(node, after)

    def applied(self, value: Expr, known: Definitions, key: str) -> Expr:
        """The value with the rule applied wherever it fires under this key."""

        def leaf(node: Expr) -> Expr | None:
            after = self.rewrite(node, known)
            return after if after is not None and self.key(node, after) == key else None

        return transform(value, leaf)


def sweep(program: Program, rules: tuple[Local, ...], named: bool = True) -> Rewritten | None:
    """Each local rule at every node of every assignment; its new functions get names."""
    known, steps = definitions(program), list[Step]()
    lines: tuple[Assignment, ...] = ()
    for assignment in program.assignments:
        found = [] if assignment.constant else list(_steps(assignment, known, rules))
        steps += found
        value = found[-1].after if found else assignment.value
        line = replace(assignment, value=value)
        lines += _with_names(line, assignment.value, program, lines) if named and found else (line,)
    if not steps:
        return None
    after = live(replace(program, assignments=lines))
    return checked(program, after, ", ".join(dict.fromkeys(s.rule for s in steps))), tuple(steps)


def _steps(assignment: Assignment, known: Definitions, rules: tuple[Local, ...]) -> Iterator[Step]:
    value, left = assignment.value, str(assignment.left)
    for rule in rules:
        for _ in range(MOST):
            key = next(rule.firing(value, known), None)
            if key is None:
                break
            after = rule.applied(value, known, key)
            yield Step(key, left, value, after, RULES[key].because["en"])
            value = after
        else:
            raise DerivationError(f"the stability rules do not come to an end on {left} = {value}")


def _with_names(
    assignment: Assignment, before: Expr, program: Program, lines: tuple[Assignment, ...]
) -> tuple[Assignment, ...]:
    """The assignment, after one for each sigmoid, tanh or erfc that is new inside it."""
    old = set(walk(before))
    new = [
        node
        for node in walk(assignment.value)
        if isinstance(node, Call)
        and node.function in NAMES
        and node not in old
        and node.free <= set(assignment.indices)
    ]
    if not new or nodes.coefficient(assignment.value)[1] in new:
        return (assignment,)
    named: dict[Expr, Expr] = {}
    added: list[Assignment] = []
    for node in new:
        free = tuple(i for i in assignment.indices if i in node.free)
        same = [a for a in (*lines, *added) if a.value is node and a.indices == free]
        if not same:
            dims = tuple(i.dim for i in free)
            names = replace(program, assignments=(*program.assignments, *lines, *added))
            tensor = nodes.Tensor(free_name(names, NAMES[node.function]), dims)
            mapping = dict(zip(free, indices_of(dims), strict=True))
            same = [
                Assignment(tensor, indices_of(dims), substitute(node, mapping), assignment.place)
            ]
            added += same
        named[node] = same[0].tensor[free]
    value = transform(assignment.value, named.get)
    return (*added, replace(assignment, value=value))
