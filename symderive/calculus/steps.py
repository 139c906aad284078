"""Turn what the search did into steps that a reader can follow, each checked at a random point
as it is made.
"""

from __future__ import annotations

from ..errors import DerivationError
from ..index import nodes
from ..index.nodes import Expr
from ..index.text import text
from ..index.walk import walk
from ..trace import Step
from .check import Point
from .rules import RULES
from .search import Move, Search, State

SHOWN_FIRST = ("split", "sift", "pull out")


def step(
    rule: str,
    left: str,
    before: Expr,
    after: Expr,
    point: Point,
    where: tuple[str, ...] = (),
    start: Expr | None = None,
) -> Step:
    """One step, refused where its two sides differ at the random point.

    start: what the path began with. Where that is 0 / 0, a form may be 0 and the next one 0 / 0:
    the distance of a point to itself has no slope.
    """
    if not point.agree(before, after, start):
        raise DerivationError(
            f"the step '{rule}' for {left} does not hold: {before} is not {after}"
        )
    return Step(rule, left, before, after, RULES[rule].because["en"], where)


def path_steps(left: str, start: Expr, found: State, search: Search) -> list[Step]:
    """From an expression to the form that was found for it: readable rewrites, the search's
    moves, factoring.
    """
    if found.written is start:
        return []
    done: list[Step] = []
    current = start
    if found.path:
        for rule in SHOWN_FIRST:
            rewritten = RULES[rule].rewrite(current)  # type: ignore[misc]
            if not _reads_alike(rewritten, current):
                done.append(step(rule, left, current, rewritten, search.point, (), start))
            current = rewritten
        for move in found.path:
            after = _shown(move, search)
            if not _reads_alike(after, current):
                where = (move.equation,) if move.equation else ()
                done.append(step(move.rule, left, current, after, search.point, where, start))
            current = after
    if not _reads_alike(found.written, current):
        done.append(step("factor", left, current, found.written, search.point, (), start))
    return done


def _reads_alike(left: Expr, right: Expr) -> bool:
    """True where two expressions differ in the names of bound indices only, so that a reader
    sees no step.
    """
    return left is right or text(left) == text(right)


def _shown(move: Move, search: Search) -> Expr:
    """A move's result, each of its terms written with its sums nested."""
    return nodes.add(
        *(
            search.presenter.term(t)
            for t in (move.after.args if isinstance(move.after, nodes.Add) else (move.after,))
        )
    )


_OPERATIONS = {nodes.Mul: "the product rule", nodes.Add: "linearity", nodes.Pow: "the power rule"}
_REDUCTIONS = {
    "sum": "differentiation under Σ",
    "prod": "the product rule over all factors",
    "max": "the subgradient of the maximum",
    "min": "the subgradient of the minimum",
}


def reason(value: Expr) -> str:
    """Which derivatives an assignment needs, in words."""
    used: dict[str, None] = {}
    for node in walk(value):
        if isinstance(node, nodes.Call):
            used[f"the derivative of {node.function}"] = None
        elif isinstance(node, nodes.Reduce):
            used[_REDUCTIONS[node.op]] = None
        elif type(node) in _OPERATIONS and node.tensors:
            used[_OPERATIONS[type(node)]] = None
    named = ", ".join(used) or "the identity"
    return f"By {named}."
