"""A forward that draws random numbers is refused: its draw would be baked into the program as a
constant."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from types import CodeType
from typing import Any

import numpy as np

from ..errors import NotSupportedError, Place, located
from .context import Draws, current, running
from .rebound import contents
from .replaced import Change, real_of, replaced

_STANDARD = ("random", "gauss", "uniform", "randint", "choice", "normalvariate")


class Drawn(BaseException):
    """Something has drawn random numbers while this ran, it may be another thread: run it again."""

    def __init__(self, refused: NotSupportedError) -> None:
        super().__init__(refused)
        self.refused = refused


def draws_asked() -> list[Change]:
    """The functions that draw random numbers. In a trace each is an error at the user's line, or
    what the trace has in its place.
    """
    module = _numpy_random()
    names = [n for n in dir(module) if n[0].islower() and callable(getattr(module, n))]
    return [
        *((random, n, partial(_asked, name=f"random.{n}")) for n in _STANDARD),
        *((module, n, partial(_asked, name=f"np.random.{n}")) for n in names if module),
    ]


def refusing_randomness() -> AbstractContextManager[None]:
    """For this time a draw of random numbers is an error, in every thread that traces."""
    changes = draws_asked()
    if _numpy_random() is None:  # NumPy loads it when it is first asked for: asking tells enough
        changes.append((_UNLOADED, "random", lambda real: _Unloaded()))
    return replaced(changes)


@contextmanager
def noticing_draws(fn: Any) -> Iterator[None]:
    """Raise `Drawn` after a draw that was not refused, as of a generator that the forward holds.
    What all threads share another may have drawn from: then the run is in doubt."""
    own, shared = _own_states(fn), _shared_states()
    yield
    changed = shared != _shared_states()
    if own != _own_states(fn) or (changed and threading.active_count() == 1):
        raise Drawn(refusal("a random generator", place_of_function(fn)))
    current().in_doubt = changed


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


_ANSWER: ContextVar[Draws | None] = ContextVar("what draws give outside of traces", default=None)


@contextmanager
def answering(answer: Draws) -> Iterator[None]:
    """For this time what this thread draws outside of traces is what `answer` gives."""
    token = _ANSWER.set(answer)
    try:
        with replaced(draws_asked()):
            yield
    finally:
        _ANSWER.reset(token)


def _asked(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    """One replacement for all who want one: another thread's may be in place."""

    def call(*args: Any, **options: Any) -> Any:
        context = running()
        answer = _ANSWER.get() if context is None else context.draws
        if answer is not None:
            return answer(real, name, args, options)
        if context is None:
            return real(*args, **options)
        raise refusal(name, context.place())

    return call


def refusal(name: str, place: Place | None) -> NotSupportedError:
    """The error for a forward that draws random numbers."""
    why = "has no derivative to speak of: draw outside, and pass the draw as an argument"
    return NotSupportedError(located(f"randomness inside a forward ({name}) {why}", place))


def place_of_function(fn: Any) -> Place | None:
    """Where a function is defined, where that is known."""
    code = getattr(fn, "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if isinstance(code, CodeType) else None


def _shared_states() -> list[Any]:
    """The states of the generators that all threads share."""
    module = _numpy_random()
    own = [] if module is None else [_plain(real_of(module, "get_state")())]
    return [random.getstate(), *own]


def _own_states(fn: Any) -> list[Any]:
    """The states of the generators that a forward holds."""
    states: list[Any] = []
    module = _numpy_random()
    if module is None:
        return states
    cells = [held for c in getattr(fn, "__closure__", None) or () for held in contents(c)]
    for held in [*list(getattr(fn, "__globals__", {}).values()), *cells]:
        if isinstance(held, module.Generator):
            states.append(repr(held.bit_generator.state))
        elif isinstance(held, module.RandomState):
            states.append(_plain(held.get_state()))
    return states


def _plain(state: Any) -> Any:
    return tuple(part.tobytes() if isinstance(part, np.ndarray) else part for part in state)
