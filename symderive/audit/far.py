"""Inputs at which forward is accurate in float64 and backward, though right on paper, is not: it
overflows, or loses its digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..index.evaluate import Evaluator
from ..verify.precise import arithmetic, as_float
from .beyond import AROUND
from .case import Case
from .caught import Caught
from .counterexample import Fill, filled, fractions, names_of
from .instance import Instance
from .numeric import free_names, sizes_of
from .real import run_real

Array = Any
MAGNITUDES = (40.0, 800.0, 1e-8)
LENGTHS = (2, 3, 2, 3)
DIGITS = 50
ACCURATE = 1e-6  # relative: a forward in float64 that keeps its digits
LOST = 1e-3  # relative: a gradient that has lost them
VISIBLE = 1e-6  # of the cotangent: a gradient that is smaller is nothing beside the others


def lost_beyond(case: Case) -> str:
    """What backward gives at such an input, in one sentence; "" where none was found."""
    for made in _instances(case):
        with Caught() as caught:
            said = _lost_at(case, made)
        if caught.error is None and said:
            return said
    return ""


def _instances(case: Case) -> Iterator[Instance]:
    """All arguments at a magnitude, then the first alone, the others small."""
    arguments = case.traced.forward.arguments
    names = [a.tensor.name for a in arguments if a.differentiable]
    lengths = LENGTHS[: max(1, min(len(free_names(arguments)), len(LENGTHS)))]
    for size in MAGNITUDES:
        for chosen in [names[:1], *([names] if len(names) > 1 else [])]:
            fills: dict[str, Fill] = dict.fromkeys(names_of(arguments), fractions)
            fills |= dict.fromkeys(chosen, _around(size))
            sizes = sizes_of(arguments, lengths)
            made = filled(case.subject, arguments, sizes, fills, case.traced.literals)
            if made is not None:
                yield replace(made, cotangent=np.ones_like(made.cotangent))


def _around(size: float) -> Fill:
    return lambda count: size * np.resize(AROUND, count)


def _lost_at(case: Case, made: Instance) -> str:
    wanted = list(case.traced.claims)
    run = run_real(case.subject, made.values, made.cotangent, wanted)
    if run.failure:
        return ""
    exact = _exact(case, made)
    if not _is_near(run.output, exact[""], ACCURATE):
        return ""
    for name, found in run.gradients.items():
        right = exact[name]
        if not np.isfinite(right).all() or _is_near(found, right, LOST):
            continue
        place = tuple(int(k) for k in np.argwhere(~_near(found, right, LOST))[0])
        shown = ", ".join(f"{n} = {_written(v)}" for n, v in made.values.items())
        element = f"d{name}[{', '.join(map(str, place))}]" if place else f"d{name}"
        return (
            f"at {shown} it gives {element} = {found[place]:.6g}, and the derivative there is "
            f"{right[place]:.6g}: it overflows or loses its digits where forward does not"
        )
    return ""


def _exact(case: Case, made: Instance) -> dict[str, Array]:
    """The output and the derivative to 50 digits, rounded to float64."""
    exact, arguments = arithmetic(DIGITS), case.traced.forward.arguments
    arrays = {
        a.tensor.name: exact.lift(made.sizes.to_tensor(made.values[a.tensor.name], a.layout))
        for a in arguments
    }
    output = case.traced.forward.output
    cotangent = made.sizes.to_tensor(np.asarray(made.cotangent), output.layout)
    arrays[case.truth.cotangent.name] = exact.lift(cotangent)
    evaluator = Evaluator(arrays, made.sizes.lengths, exact.functions)
    for assignment in (*case.traced.forward.assignments, *case.truth.raw):
        evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
    found = {"": made.sizes.to_real(as_float(evaluator.arrays[output.tensor.name]), output.layout)}
    for argument in arguments:
        tensor = argument.tensor
        if tensor.name in case.traced.claims:
            value = as_float(evaluator(case.truth.by_input[tensor.name], tensor.indices))
            found[tensor.name] = made.sizes.to_real(value, argument.layout)
    return found


def _near(found: Array, right: Array, share: float) -> Array:
    scale = max(float(np.max(np.abs(right), initial=0.0)), VISIBLE / share)
    return np.abs(found - right) <= share * scale


def _is_near(found: Array, right: Array, share: float) -> bool:
    return np.shape(found) == np.shape(right) and bool(np.all(_near(found, right, share)))


def _written(value: Array) -> str:
    return json.dumps(np.asarray(value).tolist())
