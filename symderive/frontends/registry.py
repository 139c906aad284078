"""The table of what a forward may call: NumPy's name -> the rule that builds the symbolic result.

Each module of rules adds its own entries; the arrays' operators and methods, NumPy's dispatch and the text front end all
look rules up here. Adding a function is one entry in the module of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Rule = Callable[..., Any]
R = TypeVar("R", bound=Rule)
RULES: dict[str, Rule] = {}
METHODS: dict[str, Rule] = {}  # what only makes sense as a method of an array


def rules(table: dict[str, R]) -> dict[str, R]:
    """Add rules to the table; no name twice."""
    for name, rule in table.items():
        if name in RULES:
            raise ValueError(f"two rules for '{name}'")
        RULES[name] = rule
    return table


def supported() -> str:
    """The names of all rules, for messages."""
    return ", ".join(sorted(RULES))
