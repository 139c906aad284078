"""The numerical comparison in words."""

from __future__ import annotations

from collections.abc import Iterator

from .numeric import Numerical

NOTHING = "differences of forward tell no slope that could be compared"


def numerical_lines(numerical: Numerical) -> Iterator[str]:
    """One line for each gradient, and where it was looked at."""
    for name, rough in numerical.rough.items():
        exact = numerical.exact.get(name)
        said = f"d{name}: {_figure(rough.worst)} off central differences of forward"
        if rough.worst != rough.worst:
            said = f"d{name}: {NOTHING}"
        yield f"{said}, {_figure(exact.worst)} off the derivative in float64" if exact else said
    for name, (has, wants) in numerical.shapes.items():
        yield f"d{name}: of shape {has}, where {name} has {wants}"
    if numerical.places:
        yield f"the greatest relative difference at {'; '.join(numerical.places)}"
    if numerical.failure:
        yield f"{numerical.stage} failed: {numerical.failure}"


def _figure(worst: float) -> str:
    return "less than 1e-14" if worst < 1e-14 else f"{worst:.1e}"


def by_numbers(worst: float, coarse: float) -> str:
    """What numbers alone say; `coarse` is what differences can tell."""
    if worst != worst:
        return NOTHING
    if worst <= coarse:
        return "numerically it agrees with central differences of forward"
    return "numerically it differs from central differences of forward"
