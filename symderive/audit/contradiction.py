"""Code that cannot be run symbolically, against differences of its own forward: strong evidence
that a gradient is wrong, at several inputs, each away from kinks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from ..program import Argument
from ..verify.gradients import tangent
from .counterexample import candidates, written
from .differences import STEP, differences, direction, loss_of
from .findings import Counterexample
from .instance import Instance
from .numeric import instances
from .real import run_real
from .subjects import Subject

Array = Any
PLAIN = 0.01  # relative: neither rounding nor a coarse step explains more
ENOUGH = 2  # inputs that must contradict
LONGER = (20.0, 200.0)  # times the usual step: slopes that must say the same, in float32 too
SHARE = 0.1  # of the difference: how far those slopes may be off
LEAST = 0.1  # gradients that are smaller throughout are rounding of something
MOST_TRIED = 12  # small inputs tried for one that is easy to read


def contradictions(
    subject: Subject, arguments: Sequence[Argument], unit: bool
) -> dict[str, Counterexample]:
    """By argument, an input at which differences contradict the gradient, where they do so at
    `ENOUGH` of the usual inputs."""
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    drawn = [m for m in instances(subject, arguments) if isinstance(m, Instance)]
    found: dict[str, Counterexample] = {}
    for argument in arguments:
        if not argument.differentiable:
            continue
        seen = list(_contradicting(subject, argument, wanted, _seen(drawn, unit)))
        if len(seen) >= ENOUGH:
            small = islice(candidates(subject, arguments, unit), MOST_TRIED)
            best = next(_contradicting(subject, argument, wanted, small), seen[0])
            found[argument.tensor.name] = best
    return found


def _seen(drawn: Sequence[Instance], unit: bool) -> Iterator[Instance]:
    """The instances, with the cotangent 1 where that is the default that is judged."""
    for made in drawn:
        yield replace(made, cotangent=np.ones_like(made.cotangent)) if unit else made


def _contradicting(
    subject: Subject, argument: Argument, wanted: Sequence[str], given: Iterator[Instance]
) -> Iterator[Counterexample]:
    for made in given:
        run = run_real(subject, made.values, made.cotangent, wanted)
        gradient = run.gradients.get(argument.tensor.name)
        if run.failure or gradient is None:
            continue
        if gradient.shape == np.shape(made.values[argument.tensor.name]):
            example = _contradiction(subject, argument, made, gradient)
            if example is not None:
                yield example


def _contradiction(
    subject: Subject, argument: Argument, made: Instance, gradient: Array
) -> Counterexample | None:
    """The place where they differ most, if longer steps confirm the slope there."""
    slopes, _ = differences(subject, argument, made)
    found = tangent(argument)(gradient)
    known = np.isfinite(slopes) & np.isfinite(found)
    apart = np.where(known, np.abs(found - slopes), 0.0)
    scale = max(np.max(np.abs(v), initial=0.0, where=known) for v in (found, slopes))
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(apart)), apart.shape))
    if not apart[place] > PLAIN * max(scale, LEAST):
        return None
    loss, along = loss_of(subject, argument, made), direction(argument, made, place)
    for times in LONGER:
        step = times * STEP
        slope = (loss(step * along) - loss(-step * along)) / (2 * step)
        if not abs(slope - slopes[place]) < SHARE * apart[place]:
            return None
    values = float(found[place]), None, float(slopes[place])
    return written(subject, argument, made, place, values)
