"""What NumPy's dispatch does not reach: np.zeros((b, n)) and len(x) with symbolic lengths, and randomness.

For the time of a trace a few module functions look first whether they are given symbolic values; all other calls go on to
the real function.
"""

from __future__ import annotations

import builtins
import math
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .array import Array
from .context import current, running
from .registry import METHODS, RULES

_SHAPED = "zeros ones empty full eye identity arange tri asarray array ascontiguousarray asanyarray".split()
_OF_NUMBERS = {
    "sqrt": "sqrt",
    "exp": "exp",
    "log": "log",
    "tanh": "tanh",
    "sin": "sin",
    "cos": "cos",
    "pow": "power",
    "fabs": "fabs",
    "erf": "erf",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
}
_RANDOM = [n for n in dir(np.random) if n[0].islower() and callable(getattr(np.random, n))]


def _symbolic(values: Any) -> bool:
    return any(
        isinstance(v, Array) or (isinstance(v, (tuple, list)) and _symbolic(v)) for v in values
    )


def _guarded(real: Callable[..., Any], rule: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if running() is not None and (_symbolic(args) or _symbolic(options.values())):
            return RULES[rule](*args, **options)
        return real(*args, **options)

    return call


def _length(real: Callable[[Any], int]) -> Callable[[Any], Any]:
    return lambda value: METHODS["length"](value) if isinstance(value, Array) else real(value)


def _refused(real: Callable[..., Any], name: str, thread: int) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        if threading.get_ident() == thread and running() is not None:
            raise randomness(name)
        return real(*args, **options)

    return call


def randomness(name: str) -> Exception:
    """The error for a forward that draws random numbers."""
    return current().unsupported(
        f"randomness inside a forward ({name}) has no derivative to speak of: draw outside and pass the draw as an argument"
    )


@contextmanager
def patched(fn: Any) -> Iterator[None]:
    """For this time symbolic lengths make arrays, and a draw of random numbers is an error."""
    thread = threading.get_ident()
    changes: list[tuple[Any, str, Any]] = [(np, n, _guarded(getattr(np, n), n)) for n in _SHAPED]
    changes += [(math, n, _guarded(getattr(math, n), rule)) for n, rule in _OF_NUMBERS.items()]
    changes += [
        (np.random, n, _refused(getattr(np.random, n), f"np.random.{n}", thread)) for n in _RANDOM
    ]
    changes += [
        (random, n, _refused(getattr(random, n), f"random.{n}", thread))
        for n in ("random", "gauss", "uniform")
    ]
    changes.append((builtins, "len", _length(builtins.len)))
    before = [(module, name, getattr(module, name)) for module, name, _ in changes]
    drawn = _states(fn)
    for module, name, new in changes:
        setattr(module, name, new)
    try:
        yield
    finally:
        for module, name, old in before:
            setattr(module, name, old)
    if drawn != _states(fn):
        raise randomness("a random generator")


def _states(fn: Any) -> list[str]:
    """The states of the generators that a forward can reach."""
    held = dict(getattr(fn, "__globals__", {}))
    cells = getattr(fn, "__closure__", None) or ()
    reach = [*held.values(), *(c.cell_contents for c in cells)]
    generators = [g for g in reach if isinstance(g, (np.random.Generator, np.random.RandomState))]
    states = [
        repr(g.bit_generator.state if isinstance(g, np.random.Generator) else g.get_state())
        for g in generators
    ]
    return [*states, repr(np.random.get_state()), repr(random.getstate())]
