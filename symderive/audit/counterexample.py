"""The smallest input found for which the code's gradient is not the derivative of its forward."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

import numpy as np

from ..program import Argument
from ..verify.gradients import tangent
from ..verify.layouts import Sizes
from .case import Case
from .differences import differences
from .findings import Counterexample
from .instance import Instance
from .literals import NONE, Literals, sprinkled
from .numeric import free_names, relative, rounding, sizes_of, true_gradients
from .real import run_real
from .subjects import Subject

Array = Any
PLAIN = 0.01  # relative: a difference that nobody takes for rounding
VISIBLE = 1e-6
MOST_TRIED = 80
SAME_FORWARD = 1e-9
CONFIRMED = 1e-3

Fill = Callable[[int], Array]


def _signed(count: int) -> Array:
    """1, -1, 2, -2, ...: no two alike, none zero."""
    k = np.arange(count)
    return np.where(k % 2 == 0, k // 2 + 1, -(k // 2 + 1)).astype(float)


def _positive(count: int) -> Array:
    return np.arange(1.0, count + 1.0)


def fractions(count: int) -> Array:
    """1/n, 2/n, ... below 1."""
    return np.arange(1.0, count + 1.0) / (count + 1.0)


def _far_apart(count: int) -> Array:
    return 10.0 * _signed(count)


FILLS: tuple[Fill, ...] = (_signed, _positive, fractions, _far_apart)


def counterexample(case: Case, name: str) -> Counterexample | None:
    """The first input, in order of size, where they differ plainly; else where they differ most."""
    made = candidates(case.subject, case.traced.forward.arguments, case.unit, case.traced.literals)
    return found_in(case, name, islice(made, MOST_TRIED))


def found_in(
    case: Case, name: str, given: Iterable[Instance], least: float = VISIBLE
) -> Counterexample | None:
    """The first of these inputs where they differ plainly; else where they differ most, by `least`
    or more."""
    best: tuple[float, Counterexample] | None = None
    arguments = case.traced.forward.arguments
    argument = next(a for a in arguments if a.tensor.name == name)
    for made in given:
        values = _both(case, argument, made)
        if values is None:
            continue
        found, expected = values
        allowed = rounding(case.truth, arguments, made)[name]
        beyond = float(np.max(np.abs(found - expected), initial=0.0))
        apart = min(relative(found, expected, allowed), beyond)
        if apart < least or (best and apart <= best[0]):
            continue
        shown = _written(case.subject, argument, made, found, expected)
        if shown is not None:
            best = apart, shown
            if apart > PLAIN:
                break
    return best[1] if best else None


def _both(case: Case, argument: Argument, made: Instance) -> tuple[Array, Array] | None:
    """What the code gives and the derivative, where both can be compared."""
    arguments, name = case.traced.forward.arguments, argument.tensor.name
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    run = run_real(case.subject, made.values, made.cotangent, wanted)
    if run.failure or name not in run.gradients:
        return None
    right = true_gradients(case.truth, arguments, made)
    if not relative(run.output, right[""]) <= SAME_FORWARD:
        return None  # at this size the code takes another branch than the one that was derived
    onto = tangent(argument)
    found, expected = onto(run.gradients[name]), onto(right[name])
    if found.shape != expected.shape or not np.isfinite(expected).all():
        return None
    return found, expected


def candidates(
    subject: Subject, arguments: Sequence[Argument], unit: bool, literals: Literals = NONE
) -> Iterator[Instance]:
    """Small inputs of round numbers at which forward is finite."""
    names = free_names(arguments)
    lengths = sorted(product((1, 2, 3), repeat=min(len(names), 4)), key=lambda ls: (sum(ls), ls))
    for fill in FILLS:
        for chosen in lengths[: MOST_TRIED // len(FILLS)]:
            sizes = sizes_of(arguments, chosen or (1,))
            made = filled(
                subject, arguments, sizes, dict.fromkeys(names_of(arguments), fill), literals
            )
            if made is not None:
                yield replace(made, cotangent=np.ones_like(made.cotangent)) if unit else made


def names_of(arguments: Sequence[Argument]) -> list[str]:
    """What the arguments are called."""
    return [a.tensor.name for a in arguments]


def filled(
    subject: Subject,
    arguments: Sequence[Argument],
    sizes: Sizes,
    fills: Mapping[str, Fill],
    literals: Literals,
) -> Instance | None:
    """Each argument filled in its way; None where forward is not finite there."""
    values = {
        a.tensor.name: _filled(a, sizes, fills[a.tensor.name], k) for k, a in enumerate(arguments)
    }
    for argument in arguments:
        if argument.tensor.name in literals:
            plain = values[argument.tensor.name]
            places = np.arange(np.size(plain)).reshape(np.shape(plain))
            mixed = sprinkled(plain, argument, literals, places % 2 == 0, places // 2)
            values[argument.tensor.name] = mixed
    run = run_real(subject, values, None, ())
    if run.failure or not np.size(run.output) or not np.isfinite(run.output).all():
        return None
    count = int(np.size(run.output))
    return Instance(sizes, values, np.arange(1.0, count + 1.0).reshape(np.shape(run.output)))


def _filled(argument: Argument, sizes: Sizes, fill: Fill, start: int) -> Array:
    """The numbers from the `start`-th on, so that no two arguments are alike."""
    shape, domain = sizes.real_shape(argument.layout), argument.tensor.domain
    count = int(np.prod(shape))
    if domain.is_label or domain.is_tied:
        raw = np.arange(count) + (0 if domain.is_label else 1.0)
    else:
        own = fractions if domain.is_unit else _positive if domain.is_nonnegative else fill
        raw = own(start + count)[start:]
    return domain.inside(raw.reshape(shape), domain.bound(sizes.lengths))


def _written(
    subject: Subject, argument: Argument, made: Instance, found: Array, expected: Array
) -> Counterexample | None:
    """The place where they differ most and forward has no kink; None where differences of forward
    do not confirm the derivative there."""
    slopes = differences(subject, argument, made)[0]
    apart = np.where(np.isfinite(slopes), np.abs(found - expected), 0.0)
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(apart)), apart.shape))
    slope = slopes[place]
    if not apart[place] >= VISIBLE:
        return None
    if not abs(slope - expected[place]) <= CONFIRMED * max(apart[place], abs(expected[place])):
        return None
    right = float(expected[place])
    return written(subject, argument, made, place, (float(found[place]), right, float(slope)))


def written(
    subject: Subject,
    argument: Argument,
    made: Instance,
    place: tuple[int, ...],
    values: tuple[float, float | None, float],
) -> Counterexample:
    """An input as plain numbers, with what is found at a place of the gradient."""
    name = argument.tensor.name
    inputs = {n: _plain(v) for n, v in made.values.items()}
    inputs[subject.roles.cotangent] = _plain(made.cotangent)
    element = f"d{name}[{', '.join(map(str, place))}]" if place else f"d{name}"
    return Counterexample(inputs, element, *values)


def _plain(array: Array) -> Any:
    """Nested lists, whole numbers as such."""
    value = np.asarray(array)
    whole = value.dtype.kind != "f" or bool(np.all(value == np.round(value)))
    return value.astype(int).tolist() if whole else value.tolist()
