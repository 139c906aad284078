"""From the code's expression to the closed form, step by step, each checked when it is made."""

from __future__ import annotations

from dataclasses import replace

from ..calculus.normal import TooLarge, normal
from ..calculus.search import Search
from ..calculus.steps import path_steps, step
from ..errors import DerivationError
from ..index.nodes import Expr
from ..index.text import text
from ..index.walk import walk
from ..program import Assignment
from ..trace import Step
from .decide import Proof
from .unfold import is_readable, unfold

MOST_NODES = 120  # distinct nodes of an expression that is simplified step by step


def steps_to(
    left: str,
    claim: Expr,
    closed: Expr,
    code: tuple[Assignment, ...],
    search: Search,
    proof: Proof,
) -> tuple[Step, ...]:
    """The code's lines written into one another, simplified, rearranged into the closed form; one
    step, where the lines make something that nobody reads."""
    where: tuple[str, ...] = (proof.how, *proof.where)
    if not is_readable(claim, code):
        last = step("rearrange", left, unfold(claim, code), closed, search.point, where)
        return (replace(last, before=claim),)
    done: list[Step] = []
    current = claim
    for assignment in reversed(code):
        if assignment.tensor in current.tensors:
            after = unfold(current, (assignment,))
            if text(after) != text(current):
                done.append(Step("unfold", left, current, after, _assigns(assignment)))
            current = after
    if text(current) == text(closed):
        return tuple(done)
    for simplified in (_by_search(left, current, search), []):
        reached = simplified[-1].after if simplified else current
        if text(reached) == text(closed):
            return (*done, *simplified)
        if _one_form(reached, closed):
            form = ("both have one normal form",)
            last = step("rearrange", left, reached, closed, search.point, form)
            return (*done, *simplified, last)
    return (*done, step("rearrange", left, current, closed, search.point, where))


def _assigns(assignment: Assignment) -> str:
    place = assignment.place
    return f"{f'Line {place.line}' if place else 'The code'} assigns {assignment}."


def _by_search(left: str, current: Expr, search: Search) -> list[Step]:
    if sum(1 for _ in walk(current)) > MOST_NODES:
        return []
    try:
        return path_steps(left, current, search.best(current), search)
    except (TooLarge, DerivationError):  # the steps are for reading; equality is proved elsewhere
        return []


def _one_form(left: Expr, right: Expr) -> bool:
    try:
        return normal(left) is normal(right)
    except TooLarge:
        return False
