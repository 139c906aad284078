"""A layer that is called twice: state that one call leaves must not spoil the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from ..program import Argument
from .contradiction import contradictions
from .findings import Counterexample
from .instance import Instance
from .literals import Literals
from .numeric import ROUNDING, instances, relative
from .real import RealRun, run_real
from .subjects import Subject

ENOUGH = 2  # inputs

WRONG_AGAIN = (
    "right in the first call of a layer, wrong in the next, after one with the rows moved on by "
    "one: what one call leaves in the layer is taken by the next"
)


def wrong_again(
    subject: Subject, arguments: Sequence[Argument], literals: Literals, unit: bool
) -> dict[str, Counterexample]:
    """By argument, an input at which differences contradict the gradient of a second call."""
    later = subject.again()
    if later is None:
        return {}
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    drawn = (m for m in instances(subject, arguments, literals) if isinstance(m, Instance))
    for made in islice(drawn, ENOUGH):
        if unit:
            made = replace(made, cotangent=np.ones_like(made.cotangent))
        first, second = (run_real(s, made.values, made.cotangent, wanted) for s in (subject, later))
        if second.failure or not _alike(first, second):
            return {} if second.failure else contradictions(later, arguments, unit)
    return {}


def _alike(first: RealRun, second: RealRun) -> bool:
    if relative(first.output, second.output) > ROUNDING:
        return False
    return first.gradients.keys() == second.gradients.keys() and all(
        relative(g, second.gradients[n]) <= ROUNDING for n, g in first.gradients.items()
    )
