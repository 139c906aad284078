"""Numbers that a forward compares an argument with by == or !=, as in mask == 0 or t == -1: there
equality is meant, and no accident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..frontends.array import Array
from ..frontends.broadcasting import as_array
from ..frontends.registry import RULES
from ..index.nodes import Num, Ref
from ..program import Argument

Literals = Mapping[str, tuple[float, ...]]
NONE: Literals = {}


@contextmanager
def noting_literals(
    arguments: frozenset[str], found: dict[str, tuple[float, ...]]
) -> Iterator[None]:
    """For this time every argument that is compared by == with a number is noted in `found`."""
    plain = RULES["equal"]

    def rule(left: Any, right: Any, **options: Any) -> Any:
        for one, other in ((left, right), (right, left)):
            name, literal = _argument(one), _number(other)
            if name in arguments and literal is not None:
                found[name] = tuple(sorted({*found.get(name, ()), literal}))
        return plain(left, right, **options)

    RULES["equal"] = rule
    try:
        yield
    finally:
        RULES["equal"] = plain


def _argument(value: Any) -> str:
    """The name of the array that this is, or a part of."""
    if isinstance(value, Array) and isinstance(value.value, Ref):
        return value.value.tensor.name
    return ""


def _number(value: Any) -> float | None:
    if not isinstance(value, (Array, int, float, np.generic)):
        return None
    known = as_array(value).value
    return float(known.value) if isinstance(known, Num) else None


def sprinkled(values: Any, argument: Argument, literals: Literals, chosen: Any, cycle: Any) -> Any:
    """The values with literals of the argument, as far as its domain holds them, in the chosen
    places."""
    known = literals.get(argument.tensor.name, ())
    domain = argument.tensor.domain
    fit = np.array([k for k in known if domain.holds(k)])
    return np.where(chosen, fit[cycle % len(fit)], values) if len(fit) else values
