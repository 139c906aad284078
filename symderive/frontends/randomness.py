"""A forward that draws random numbers is refused: its draw would be baked into the program as a
constant."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from ..errors import NotSupportedError, Place, located
from .array import Array
from .context import current, running
from .registry import RULES

_STANDARD = ("random", "gauss", "uniform", "randint", "choice", "normalvariate")


@contextmanager
def refusing_randomness(fn: Any) -> Iterator[None]:
    """For this time a draw of random numbers is an error at the user's line."""
    thread = threading.get_ident()
    module = sys.modules.get("numpy.random")
    names = (
        [n for n in dir(module) if n[0].islower() and callable(getattr(module, n))]
        if module
        else []
    )
    changes = [(module, n, _refused(getattr(module, n), f"np.random.{n}", thread)) for n in names]
    changes += [(random, n, _refused(getattr(random, n), f"random.{n}", thread)) for n in _STANDARD]
    before = [(held, name, getattr(held, name)) for held, name, _ in changes]
    drawn = _states(fn)
    for held, name, new in changes:
        setattr(held, name, new)
    if module is None:  # NumPy loads it when it is first asked for; here asking is enough to know
        np.random = _Unloaded()  # type: ignore[assignment]
    try:
        yield
    finally:
        for held, name, old in before:
            setattr(held, name, old)
        if module is None:
            del np.random
    if drawn != _states(fn):
        raise refusal("a random generator", place_of_function(fn))


class _Unloaded:
    """Stands for numpy.random where nothing has loaded it yet."""

    def __getattr__(self, name: str) -> Any:
        raise refusal(f"np.random.{name}", current().place())


def _refused(real: Callable[..., Any], name: str, thread: int) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        context = running() if threading.get_ident() == thread else None
        if context is None:
            return real(*args, **options)
        if not context.draws:
            raise refusal(name, current().place())
        shape = _symbolic_shape(name, args, options)
        return RULES["ones"](shape) if shape else real(*args, **options)

    return call


def _symbolic_shape(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """The shape of a draw, where a length of it is symbolic: randn(n, m), normal(0, s, (n, m))."""
    lengths = args if name.rpartition(".")[2] in ("rand", "randn") else ()
    for given in (options.get("size"), lengths, *args):
        shape = given if isinstance(given, (tuple, list)) else (given,)
        if any(isinstance(k, Array) and not k.axes for k in shape):
            return shape
    return None


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
    module = sys.modules.get("numpy.random")
    if module is None:
        return states
    cells = [c.cell_contents for c in getattr(fn, "__closure__", None) or () if _filled(c)]
    reach = [*getattr(fn, "__globals__", {}).values(), *cells]
    for held in reach:
        if isinstance(held, module.Generator):
            states.append(repr(held.bit_generator.state))
        elif isinstance(held, module.RandomState):
            states.append(_plain(held.get_state()))
    return [*states, _plain(module.get_state())]


def _plain(state: Any) -> Any:
    return tuple(part.tobytes() if isinstance(part, np.ndarray) else part for part in state)


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  an empty closure cell can only be told by asking
    except ValueError:
        return False
    return True
