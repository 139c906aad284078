"""Differences of the code's own forward: what its gradient has to agree with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..program import Argument
from ..verify.gradients import tangent
from .instance import Instance
from .real import EPS, run_real
from .subjects import Subject

Array = Any
STEP = EPS ** (1 / 3)
SLACK = 64.0  # how many times its first-order size a rounding error may have
KINK = 1e-4  # relative: slopes that differ by more are not those of a smooth function
MOST_PLACES = 128  # elements of one argument
BEND = 3.0  # twice the step bends a smooth function four times as far, a kink twice


def loss_of(subject: Subject, argument: Argument, made: Instance) -> Callable[[Array], float]:
    """The sum of the output times the cotangent, by how far an argument is moved."""
    name = argument.tensor.name
    base = np.asarray(made.values[name], float)

    def loss(move: Array) -> float:
        values = {**made.values, name: base + move}
        return float(np.sum(run_real(subject, values, None, ()).output * made.cotangent))

    return loss


def direction(argument: Argument, made: Instance, place: tuple[int, ...]) -> Array:
    """One element moves; on a simplex the others of its row give way."""
    along = np.zeros(np.shape(made.values[argument.tensor.name]))
    along[place] = 1.0
    return tangent(argument)(along)


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All places of an array, or so many of a large one, in all of its parts."""
    count = int(np.prod(shape))
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_PLACES)).astype(int))
    return [tuple(int(k) for k in np.unravel_index(n, shape)) for n in chosen] if shape else [()]


def differences(
    subject: Subject, argument: Argument, made: Instance, eps: float = EPS
) -> tuple[Array, Array]:
    """Central differences of the code's own forward, by each element of an array of usual size, NaN
    where they meet a kink and where they were not taken;
    and what two step lengths differ by. eps: of the dtype in which the forward computes."""
    long = eps ** (1 / 3)
    loss = loss_of(subject, argument, made)
    shape = np.shape(made.values[argument.tensor.name])
    slopes, doubt = np.full(shape, np.nan), np.zeros(shape)
    here = loss(np.zeros(shape))
    for place in _places(shape):
        along = long * direction(argument, made, place)
        ahead, back = (loss(along), loss(2 * along)), (loss(-along), loss(-2 * along))
        near, far = (ahead[0] - back[0]) / (2 * long), (ahead[1] - back[1]) / (4 * long)
        bends = [abs(a - 2 * here + b) for a, b in zip(ahead, back, strict=True)]
        kink = KINK * max(1.0, abs(near)) + SLACK * (eps - EPS) * abs(here) / long
        bent = bends[0] > kink * long + SLACK * eps * abs(here) and bends[1] < BEND * bends[0]
        slopes[place] = np.nan if abs(near - far) > kink or bent else (4 * near - far) / 3
        doubt[place] = abs(near - far)
    return slopes, doubt
