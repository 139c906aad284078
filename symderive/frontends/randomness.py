"""A forward that draws random numbers is refused: its draw would be baked into the program as a
constant."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import CodeType
from typing import Any

import numpy as np

from ..errors import NotSupportedError, Place, located
from .context import current, running
from .replaced import Change, real_of, replaced

_STANDARD = ("random", "gauss", "uniform", "randint", "choice", "normalvariate")


class Drawn(BaseException):
    """Something has drawn random numbers while this ran, it may be another thread: run it again."""

    def __init__(self, refused: NotSupportedError) -> None:
        super().__init__(refused)
        self.refused = refused


@contextmanager
def refusing_randomness(fn: Any) -> Iterator[None]:
    """For this time a draw of random numbers is an error at the user's line."""
    module = _numpy_random()
    changes: list[Change] = [(random, n, partial(_refused, name=f"random.{n}")) for n in _STANDARD]
    if module is None:  # NumPy loads it when it is first asked for; here asking is enough to know
        changes.append((_UNLOADED, "random", lambda real: _Unloaded()))
    else:
        names = [n for n in dir(module) if n[0].islower() and callable(getattr(module, n))]
        changes += [(module, n, partial(_refused, name=f"np.random.{n}")) for n in names]
    with replaced(changes):
        elsewhere = _ELSEWHERE.draws
        drawn = _states(fn)
        yield
        if drawn != _states(fn) and _ELSEWHERE.draws == elsewhere:
            raise Drawn(refusal("a random generator", place_of_function(fn)))


def _numpy_random() -> Any:
    """The module if anything has loaded it; another thread that does so just now is waited for."""
    return import_module("numpy.random") if "numpy.random" in sys.modules else None


class _Absent:
    """NumPy's attribute `random`, asking for which does not load it; None where it has none."""

    def __getattr__(self, name: str) -> Any:
        return vars(np).get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if value is None:
            delattr(np, name)
        else:
            setattr(np, name, value)


_UNLOADED = _Absent()


class _Unloaded:
    """Stands for numpy.random where nothing has loaded it yet."""

    def __getattr__(self, name: str) -> Any:
        if running() is None:  # another thread
            return getattr(import_module("numpy.random"), name)
        raise refusal(f"np.random.{name}", current().place())


class _Elsewhere:
    """Counts the calls of other threads, after one of which a changed state tells nothing."""

    draws = 0


_ELSEWHERE = _Elsewhere()


def _refused(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        context = running()
        if context is None:
            _ELSEWHERE.draws += 1
            return real(*args, **options)
        if context.draws is None:
            raise refusal(name, current().place())
        return context.draws(real, name, args, options)

    return call


def refusal(name: str, place: Place | None) -> NotSupportedError:
    """The error for a forward that draws random numbers."""
    why = "has no derivative to speak of: draw outside, and pass the draw as an argument"
    return NotSupportedError(located(f"randomness inside a forward ({name}) {why}", place))


def place_of_function(fn: Any) -> Place | None:
    """Where a function is defined, where that is known."""
    code = getattr(fn, "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else None


def _states(fn: Any) -> list[Any]:
    """The states of the generators that a forward can reach."""
    states: list[Any] = [random.getstate()]
    module = _numpy_random()
    if module is None:
        return states
    cells = [c.cell_contents for c in getattr(fn, "__closure__", None) or () if _filled(c)]
    reach = [*list(getattr(fn, "__globals__", {}).values()), *cells]
    for held in reach:
        if isinstance(held, module.Generator):
            states.append(repr(held.bit_generator.state))
        elif isinstance(held, module.RandomState):
            states.append(_plain(held.get_state()))
    return [*states, _plain(real_of(module, "get_state")())]


def _plain(state: Any) -> Any:
    return tuple(part.tobytes() if isinstance(part, np.ndarray) else part for part in state)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty closure cell can only be told by asking
    except ValueError:
        return False
    return True
