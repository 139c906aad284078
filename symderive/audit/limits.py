"""Small constants of the source, such as the 1e-7 in log(y + 1e-7): what holds as they go to 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from ..index.nodes import ZERO, Expr, Num, num
from ..index.walk import transform, walk
from ..program import Assignment, Program
from .traced import Traced

TINY = Fraction(1, 500)  # a guard is smaller than this; a step or a slope is not


def tiny_constants(traced: Traced) -> tuple[Fraction, ...]:
    """The small positive constants of forward and backward."""
    found = set()
    for assignment in (*traced.forward.assignments, *traced.code):
        for node in walk(assignment.value):
            if isinstance(node, Num) and 0 < node.value <= TINY:
                found.add(node.value)
    return tuple(sorted(found))


def at_zero(traced: Traced) -> Traced:
    """The same code with its small constants at zero."""
    return _replaced(traced, Fraction(0))


def enlarged(traced: Traced) -> Traced:
    """The same code with its small constants a thousand times their size or more: what rounding hid
    becomes visible."""
    return _replaced(traced, Fraction(1, 4))


def _replaced(traced: Traced, value: Fraction) -> Traced:
    forward: Program = replace(traced.forward, assignments=_all(traced.forward.assignments, value))
    return replace(traced, forward=forward, code=_all(traced.code, value))


def _all(assignments: Iterable[Assignment], value: Fraction) -> tuple[Assignment, ...]:
    return tuple(replace(a, value=_one(a.value, value)) for a in assignments)


def _one(expr: Expr, value: Fraction) -> Expr:
    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, Num) and 0 < node.value <= TINY:
            return num(value) if value else ZERO
        return None

    return transform(expr, leaf)
