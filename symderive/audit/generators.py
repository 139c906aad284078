"""Generators of random numbers, as np.random.default_rng makes them: while code is audited they
draw through the functions of np.random, which are followed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from numpy import random

from ..frontends.context import is_machinery
from ..frontends.replaced import Change, Globals, real_of, replaced

# a generator's method, and the function of np.random that draws the same; both take the same
# arguments in the same order, but for `dtype`, `out` and the like
_SAME = {
    "random": "random_sample",
    "standard_normal": "standard_normal",
    "normal": "normal",
    "uniform": "uniform",
    "binomial": "binomial",
    "exponential": "exponential",
    "gamma": "gamma",
    "beta": "beta",
    "poisson": "poisson",
    "integers": "randint",
    "choice": "choice",
    "permutation": "permutation",
    "shuffle": "shuffle",
}


class Followed(random.Generator):
    """A generator each of whose draws is one of np.random."""


def _method(function: str) -> Callable[..., Any]:
    def draw(self: Followed, *args: Any, **options: Any) -> Any:
        return getattr(random, function)(*args, **options)

    return draw


for _own, _function in _SAME.items():
    setattr(Followed, _own, _method(_function))


def _following(real: Callable[..., Any]) -> Callable[..., Any]:
    """default_rng for audited code: a generator that is followed, whatever its seed. Our own code
    and libraries get the real one."""

    def make(*seed: Any, **options: Any) -> Any:
        if is_machinery(sys._getframe(1)):
            return real(*seed, **options)
        return Followed(random.PCG64(0))

    return make


@contextmanager
def following_generators(functions: Iterable[Any] = ()) -> Iterator[None]:
    """For this time new generators are followed, and those in the modules of these functions."""
    changes: list[Change] = [(random, "default_rng", _following)]
    spaces = [getattr(getattr(f, "__func__", f), "__globals__", {}) for f in functions]
    for space in {id(s): s for s in spaces}.values():
        for name, held in list(space.items()):
            if isinstance(held, random.Generator):
                changes.append((Globals(space), name, lambda real: Followed(random.PCG64(0))))
            elif held is real_of(random, "default_rng"):
                changes.append((Globals(space), name, _following))
    with replaced(changes):
        yield
