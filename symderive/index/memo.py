"""Tables of what was worked out for an expression: one place to drop them all.

An expression lives as long as something refers to it; a table that is never dropped would keep
every expression of every derivation alive. Each thread has tables of its own: a derivation that
begins drops them, and another may be under way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
K = TypeVar("K")
V = TypeVar("V")


class Table(threading.local, Generic[K, V]):
    """What this thread has worked out: a key and its value."""

    def __init__(self) -> None:
        """Called once in each thread that uses the table."""
        self.known: dict[K, V] = {}


_TABLES: list[Table[Any, Any]] = []


def table() -> Table[Any, Any]:
    """A new table, dropped with all others by `forget`."""
    made: Table[Any, Any] = Table()
    _TABLES.append(made)
    return made


def remembered(function: Callable[P, V]) -> Callable[P, V]:
    """Remember what a function gave for its arguments, until `forget`."""
    of: Table[Any, V] = table()

    @wraps(function)
    def ask(*args: P.args, **options: P.kwargs) -> V:
        known = of.known
        if args not in known:
            known[args] = function(*args, **options)
        return known[args]

    return ask


def forget() -> None:
    """Empty every table of this thread. Nothing is lost but time."""
    for made in _TABLES:
        made.known.clear()
