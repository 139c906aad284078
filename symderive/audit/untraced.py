"""The verdict on what could not be run symbolically: from real arrays alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import DerivationError, InputError
from ..program import Argument
from ..verify.layouts import Sizes
from .assumptions import unit_cotangent
from .caught import Caught
from .contradiction import contradictions
from .figures import by_numbers, numerical_lines
from .findings import DIFFERENT, UNKNOWN, Counterexample, Finding
from .held import Held
from .numeric import ORDERS, Numerical, arguments_of, compare, drawn_in, sizes_of
from .real import run_real
from .subjects import Subject
from .traced import Given
from .verdict import Verdict


def untraced(
    subject: Subject, domains: Given, caught: Caught, held: Sequence[Held] = ()
) -> Verdict:
    """Different where backward never runs, or differences contradict it plainly; else unknown.

    held: the arrays of its own that are arguments, too.
    """
    subject = subject.holding(held)
    arguments = (*arguments_of(domains), *(h.argument for h in held))
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


def numerically(subject: Subject, domains: Given, why: str) -> Verdict:
    """The verdict of real arrays alone."""
    with Caught() as caught:
        raise DerivationError(why)
    return untraced(subject, domains, caught, arguments_held(subject, domains))


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
        agrees = example is None and one.worst <= numerical.coarse
        yield Finding(name, "", kind, reason=said, counterexample=example, agrees=agrees)


def arguments_held(subject: Subject, domains: Given) -> tuple[Held, ...]:
    """The arrays of code's own, of one shape whatever the lengths of the dims are, that its output
    depends on."""
    arguments = arguments_of(domains)
    found: list[tuple[Held, ...]] = []
    for order in ORDERS[:2]:
        sizes, draw = sizes_of(arguments, order), drawn_in("standard normal")
        rng = np.random.default_rng(0)
        values = {a.tensor.name: sizes.to_real(draw(a, sizes, rng), a.layout) for a in arguments}
        with Caught() as caught, np.errstate(all="ignore"):
            held = tuple(subject.holds(values))
            found.append(tuple(h for h in held if _matters(subject, h, values, sizes)))
        if caught.error is not None:
            return ()
    return tuple(
        h for h in found[0] if any((h.name, h.layout) == (o.name, o.layout) for o in found[1])
    )


def _matters(subject: Subject, held: Held, values: Mapping[str, Any], sizes: Sizes) -> bool:
    """True where other values of an array make another output."""
    shape, whole = sizes.real_shape(held.layout), subject.holding([held])
    outputs = []
    for seed in range(2):
        drawn = np.random.default_rng(seed).uniform(0.5, 1.5, shape)
        outputs.append(run_real(whole, {**values, held.name: drawn}, None, ()))
    if any(run.failure for run in outputs):
        return False
    return not np.array_equal(outputs[0].output, outputs[1].output, equal_nan=True)
