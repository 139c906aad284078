"""Constant arrays that a rule describes: the identity, triangles, ranges, and what repeats.

As a rule, i - j or [i ≥ j], such an array is told and computed in a line, whatever its size;
element by element it is a sum of as many terms.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

import numpy as np

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ZERO, Expr, bracket, delta, idx, num
from .constants import number

MOST_DIGITS = 64  # the largest denominator of a step that somebody meant
MOST = 1 << 16  # elements that are looked through
Axes = tuple[tuple[Index, ...], ...]


def rule_of(array: np.ndarray, axes: Axes) -> Expr | None:
    """The element of a constant array over these axes by a rule; None where there is none."""
    if array.size > MOST or array.ndim == 0:
        return None if array.ndim else number(array[()])
    array = array.astype(int) if array.dtype == bool else array
    for rule in (_repeated, _range, _diagonal, _triangle):
        found = rule(array, axes)
        if found is not None:
            return found
    return None


def _repeated(array: np.ndarray, axes: Axes) -> Expr | None:
    """The same numbers at every place of an axis."""
    for n in range(array.ndim):
        first = array.take([0], axis=n)
        if array.shape[n] > 1 and (array == first).all():
            rest = array.take(0, axis=n)
            others = axes[:n] + axes[n + 1 :]
            if not any(others):
                return number(rest.flat[0])
            return rule_of(rest, others)
    return None


def _range(array: np.ndarray, axes: Axes) -> Expr | None:
    """start + step i + ..., by at least three numbers along each axis."""
    short = any(len(a) > 0 and n < 3 for a, n in zip(axes, array.shape, strict=True))
    if short or not np.isfinite(array).all():
        return None
    exact = [Fraction(str(v)) for v in array.ravel().tolist()]
    at = dict(zip(np.ndindex(array.shape), exact, strict=True))
    origin = (0,) * array.ndim
    steps = [
        at[tuple(int(k == n) for k in range(array.ndim))] - at[origin] if axis else Fraction(0)
        for n, axis in enumerate(axes)
    ]
    if any(v.denominator > MOST_DIGITS for v in (at[origin], *steps)):
        return None
    for place in product(*map(range, array.shape)):
        if at[place] != at[origin] + sum(s * p for s, p in zip(steps, place, strict=True)):
            return None
    moves = [num(s) * idx(axis[0]) for s, axis in zip(steps, axes, strict=True) if axis]
    return nodes.add(num(at[origin]), *moves)


def _diagonal(array: np.ndarray, axes: Axes) -> Expr | None:
    """One number on a diagonal of a matrix, and another one beside it."""
    return _of_two(array, axes, lambda n, m, k: np.eye(n, m, k, dtype=bool), _equal)


def _triangle(array: np.ndarray, axes: Axes) -> Expr | None:
    """One number on and below a diagonal of a matrix, and another one above it."""
    return _of_two(array, axes, lambda n, m, k: np.tri(n, m, k, dtype=bool), _below)


def _equal(i: Expr, j: Expr, k: int) -> tuple[Expr, Expr]:
    return delta(i + k, j), bracket("ne", i + k, j)


def _below(i: Expr, j: Expr, k: int) -> tuple[Expr, Expr]:
    return bracket("ge", i + k, j), bracket("gt", j, i + k)


Pattern = Callable[[int, int, int], np.ndarray]
Conditions = Callable[[Expr, Expr, int], tuple[Expr, Expr]]


def _of_two(array: np.ndarray, axes: Axes, pattern: Pattern, conditions: Conditions) -> Expr | None:
    if array.ndim != 2 or not all(axes) or len(np.unique(array)) != 2:
        return None
    rows, columns = array.shape
    for k in sorted(range(1 - rows, columns), key=abs):
        inside = pattern(rows, columns, k)
        if not (inside.any() and not inside.all()):
            continue
        here, there = array[inside], array[~inside]
        if (here == here[0]).all() and (there == there[0]).all():
            chosen, other = conditions(idx(axes[0][0]), idx(axes[1][0]), k)
            terms = [(number(here[0]), chosen), (number(there[0]), other)]
            return nodes.add(*(v * c for v, c in terms if v is not ZERO))
    return None
