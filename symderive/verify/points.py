"""The points at which checks compare: the forward is finite there and has a derivative.

`log(1 - softmax(x))` has none over an axis of length 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import LimitError, NotSupportedError
from ..index import nodes
from ..index.walk import walk
from ..program import Program
from .layouts import Sizes
from .precise import arithmetic
from .sampling import (
    LEAST,
    LONGEST,
    TRIES,
    Point,
    draw,
    evaluate_forward,
    is_finite,
    sizes_for,
    usual_range,
)

DIGITS = 50
ZERO = 1e-40  # what is left of numbers near 1 that cancel


def points(program: Program, seed: int, numbers: tuple[int, ...] = (0, 1, 2, 3)) -> Iterator[Point]:
    """One point for each size number at which the forward is finite and has a derivative.

    The same seed gives the same points.
    """
    rng = np.random.default_rng(seed)
    drawn = usual_range(program, rng)
    found = False
    for least in LEAST:
        if found:
            return
        for number in numbers:
            point = _point(program, sizes_for(program, number, least), rng, drawn)
            if point is not None:
                found = True
                yield point
    if not found and all(sizes_for(program, n, k) is None for n in numbers for k in LEAST):
        raise LimitError(
            f"{program.name} names places that no axis of up to {LONGEST} elements has: "
            "it is derived, and too large to be verified"
        )
    if not found:
        raise NotSupportedError(
            f"{program.name} is finite at no point that was tried, so that nothing can be verified"
        )


def _point(
    program: Program, sizes: Sizes | None, rng: np.random.Generator, drawn: str
) -> Point | None:
    """A point of these sizes at which the forward is finite and has a derivative."""
    if sizes is None:
        return None
    tries = (draw(program, sizes, rng, drawn) for _ in range(TRIES))
    point = next((p for p in tries if is_finite(program, p)), None)
    if point is not None and 1 in sizes.lengths.values() and _at_a_pole(program, point):
        return None
    return point


def _at_a_pole(program: Program, point: Point) -> bool:
    """True where a root, a quotient or a logarithm is taken of 0. Rounding hides that in float64:
    1 - exp(x) / exp(x) may be 1e-16.
    """
    exact = arithmetic(DIGITS)
    try:
        evaluator = evaluate_forward(program, point, exact.functions, exact.lift)
    except ZeroDivisionError:
        return True
    for base in filter(None, (_base(n) for a in program.assignments for n in walk(a.value))):
        values = evaluator(base, tuple(sorted(base.free)))
        if any(abs(v) < ZERO for v in np.asarray(values, object).flat):
            return True
    return False


def _base(node: nodes.Expr) -> nodes.Expr | None:
    """What must not be 0 in it."""
    if isinstance(node, nodes.Call):
        return node.args[0] if node.function == "log" else None
    if not isinstance(node, nodes.Pow):
        return None
    base, exponent = node.args
    if isinstance(exponent, nodes.Num) and exponent.value.denominator == 1 and exponent.value > 0:
        return None
    return base
