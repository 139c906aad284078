"""The verdict on what could not be run symbolically: from real arrays alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ...errors import InputError
from ...program import Argument
from .assumptions import unit_cotangent
from .caught import Caught
from .contradiction import contradictions
from .figures import by_numbers, numerical_lines
from .numeric import Numerical, arguments_of, compare
from .subjects import Subject
from .traced import Given
from .verdict import DIFFERENT, UNKNOWN, Counterexample, Finding, Verdict


def untraced(subject: Subject, domains: Given, caught: Caught) -> Verdict:
    """Different where backward never runs, or differences contradict it plainly; else unknown."""
    arguments = arguments_of(domains)
    numerical, against = _seen(subject, arguments, False)
    if isinstance(caught.error, InputError) and numerical.stage == "forward":
        raise caught.error
    assumed: tuple[str, ...] = ()
    if against and subject.roles.is_one_by_default and not numerical.dims:
        again, still = _seen(subject, arguments, True)
        if not still:
            numerical, against = again, still
            assumed = (unit_cotangent(subject.roles.cotangent),)
    failed = numerical.stage == "backward"
    never = failed and not numerical.places
    reason = caught.sentence
    if failed:
        where = "" if never else f" of other sizes than {'; '.join(numerical.places)}"
        reason = f"backward fails on real arrays{where}: {numerical.failure}"
    return Verdict(
        subject.name,
        DIFFERENT if never or against else UNKNOWN,
        tuple(_findings(numerical, against)),
        tuple(numerical.hazards),
        reason,
        tuple(numerical_lines(numerical)),
        assumed,
    )


def _seen(
    subject: Subject, arguments: tuple[Argument, ...], unit: bool
) -> tuple[Numerical, dict[str, Counterexample]]:
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    numerical = compare(subject, arguments, None, wanted, unit)
    return numerical, contradictions(subject, arguments, unit)


def _findings(numerical: Numerical, against: dict[str, Counterexample]) -> Iterator[Finding]:
    for name, one in numerical.rough.items():
        example = against.get(name)
        kind = UNKNOWN if example is None else DIFFERENT
        said = by_numbers(one.worst if example is None else math.inf, numerical.coarse)
        yield Finding(name, "", kind, reason=said, counterexample=example)
