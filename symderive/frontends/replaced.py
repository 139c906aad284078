"""Functions of modules that are replaced for the time of a trace, in any number of threads at once.

The first trace that begins puts the replacements in place, and the last that ends the real ones:
what stands in for a function asks by itself whether its own thread is tracing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..locks import forkable_lock

Change = tuple[Any, str, Callable[[Any], Any]]  # where, under which name, real -> its replacement
Key = tuple[int, str]


@dataclass
class _Held:
    """A function that is replaced: where, what it really is, and how many traces want it so."""

    place: Any
    real: Any
    new: Any
    users: int = 0


_LOCK = forkable_lock()
_HELD: dict[Key, _Held] = {}


def real_of(place: Any, name: str) -> Any:
    """What really is there, whether a trace is going on or not."""
    with _LOCK:
        held = _HELD.get(_key(place, name))
        return getattr(place, name) if held is None else held.real


@contextmanager
def replaced(changes: Sequence[Change]) -> Iterator[None]:
    """For this time each function is replaced; one that somebody else sets meanwhile stays so."""
    with _LOCK:
        for place, name, make in changes:
            _take(place, name, make)
    try:
        yield
    finally:
        with _LOCK:
            for place, name, _ in changes:
                _give_back(_key(place, name), name)


def _take(place: Any, name: str, make: Callable[[Any], Any]) -> None:
    key = _key(place, name)
    if key not in _HELD:
        real = getattr(place, name)
        _HELD[key] = _Held(place, real, make(real))
        setattr(place, name, _HELD[key].new)
    _HELD[key].users += 1


def _give_back(key: Key, name: str) -> None:
    held = _HELD[key]
    held.users -= 1
    if not held.users:
        del _HELD[key]
        if getattr(held.place, name, None) is held.new:
            setattr(held.place, name, held.real)


def _key(place: Any, name: str) -> Key:
    return id(place.held if isinstance(place, Globals) else place), name


class Globals:
    """A module's globals, read and written as attributes."""

    def __init__(self, held: dict[str, Any]) -> None:
        object.__setattr__(self, "held", held)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.held[name]
        except KeyError as error:
            raise AttributeError(name) from error

    def __setattr__(self, name: str, value: Any) -> None:
        self.held[name] = value
