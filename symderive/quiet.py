"""Warnings kept back in one context, while every other thread goes on to get its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .locks import forkable_lock

_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
_LOCK = forkable_lock()


class _Here:
    """In the place of a filter's pattern for messages: each fits where it is quiet, else none."""

    users = 0

    def match(self, message: str) -> bool:
        """Asked by the filter, in the thread that warns."""
        return _QUIET.get()


_HERE = _Here()
_FILTER = ("ignore", _HERE, Warning, None, 0)


@contextmanager
def quiet() -> Iterator[None]:
    """For this time nothing that this context does warns. `warnings.catch_warnings` would change
    the filters of all threads, and two that overlap would leave them changed.
    """
    with _LOCK:
        _HERE.users += 1
        if _FILTER not in _filters():
            _filters().insert(0, _FILTER)
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)
        with _LOCK:
            _HERE.users -= 1
            if not _HERE.users and _FILTER in _filters():
                _filters().remove(_FILTER)


def _filters() -> list[Any]:
    """Those in force, the first that fits decides; `catch_warnings` puts another list there."""
    found: list[Any] = vars(warnings)["filters"]
    return found
