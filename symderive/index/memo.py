"""Tables of what was worked out for an expression: one place to drop them all.

An expression lives as long as something refers to it; a table that is never dropped would keep
every expression of every derivation alive.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_TABLES: list[dict[Any, Any]] = []


def table() -> dict[Any, Any]:
    """A new table, dropped with all others by `forget`."""
    made: dict[Any, Any] = {}
    _TABLES.append(made)
    return made


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Remember what a function gave for its arguments, until `forget`."""
    known: dict[Any, R] = table()

    @wraps(function)
    def ask(*args: P.args, **options: P.kwargs) -> R:
        if args not in known:
            known[args] = function(*args, **options)
        return known[args]

    return ask


def forget() -> None:
    """Empty every table. Nothing is lost but time."""
    for made in _TABLES:
        made.clear()
