"""Inputs beyond the usual range: around the numbers that branches compare with, where a branch that
random inputs never take shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from ..index.nodes import Expr, Num
from ..index.walk import walk
from .case import Case
from .counterexample import PLAIN, Array, Fill, filled, found_in, fractions, names_of
from .findings import Counterexample
from .instance import Instance
from .numeric import free_names, sizes_of
from .ties import compared
from .unfold import unfold

USUAL = (4.0, 12.0, 40.0, 150.0, 1500.0)  # magnitudes that are tried in any case
LENGTHS = ((1, 1, 1, 1), (2, 3, 2, 3))
AROUND = (1.25, -1.25, 0.75, -0.75, 2.0, -2.0)  # times a number that is compared with
DIGITS = 6  # a reader sees them
MOST_NUMBERS = 12
MOST_TRIED = 160
MOST_POINTS = 40
MOST_NODES = 2000  # distinct nodes of a comparison that is searched for numbers


def beyond(case: Case, name: str) -> Counterexample | None:
    """An input, around the numbers that are compared with, where the gradient is plainly wrong."""
    if not _compares(case):
        return None
    return found_in(case, name, islice(_instances(case), MOST_TRIED), PLAIN)


def far_points(case: Case) -> list[Instance]:
    """A few such inputs, for what must tell the branches apart."""
    return list(islice(_instances(case), MOST_POINTS))


def _comparisons(case: Case) -> Iterator[Expr]:
    for assignment in (*case.traced.forward.assignments, *case.traced.code):
        yield from (n for n in walk(assignment.value) if compared(n))


def _compares(case: Case) -> bool:
    return next(_comparisons(case), None) is not None


def _numbers(case: Case) -> list[float]:
    """The magnitudes at which comparisons change, as far as they can be read off, and the usual
    ones."""
    found: set[float] = set()
    for node in _comparisons(case):
        whole = unfold(node, case.traced.forward.assignments)
        if sum(1 for _ in islice(walk(whole), MOST_NODES)) == MOST_NODES:
            continue
        numbers = [abs(float(n.value)) for n in walk(whole) if isinstance(n, Num)]
        slopes = [k for k in numbers if k] + [1.0]
        found.update(k / s for k in numbers for s in slopes)
    near = sorted(k for k in found if 1e-3 <= k <= 1e4)
    return [*near[:MOST_NUMBERS], *USUAL]


def _instances(case: Case) -> Iterator[Instance]:
    """Every argument around each number, then one argument alone, the others small."""
    arguments = case.traced.forward.arguments
    names = [a.tensor.name for a in arguments if a.differentiable]
    count = max(len(free_names(arguments)), 1)
    for number in _numbers(case):
        for chosen in [names, *([n] for n in names if len(names) > 1)]:
            fills: dict[str, Fill] = dict.fromkeys(names_of(arguments), fractions)
            fills |= dict.fromkeys(chosen, _around(number))
            for lengths in LENGTHS:
                sizes = sizes_of(arguments, lengths[: min(count, len(lengths))])
                made = filled(case.subject, arguments, sizes, fills, case.traced.literals)
                if made is not None:
                    unit = np.ones_like(made.cotangent)
                    yield replace(made, cotangent=unit) if case.unit else made


def _around(number: float) -> Fill:
    def fill(count: int) -> Array:
        k = np.arange(count)
        factor = np.take(AROUND, k % len(AROUND)) * (1 + 0.01 * (k // len(AROUND)))
        return np.round(number * factor, DIGITS)

    return fill
