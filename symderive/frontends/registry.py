"""The table of what a forward may call: NumPy's name -> the rule that builds the symbolic result.

Each module of rules adds its own entries; the arrays' operators and methods, NumPy's dispatch and
the text front end all look rules up here. Adding a function is one entry in the module of its
kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}
SUPPORTED = (
    "arithmetic, comparisons and where; exp, log, sqrt, tanh, erf, abs, maximum, clip and their "
    "kin; sum, mean, var, std, max, min, prod, cumsum, norm; matmul, dot, einsum, outer, trace; "
    "reshape, transpose, concatenate, stack, split, slices and integer labels"
)
METHODS: dict[str, Rule] = {}  # what only makes sense as a method of an array


def rules(table: dict[str, Rule]) -> None:
    """Add rules to the table; no name twice."""
    for name, rule in table.items():
        if name in RULES:
            raise ValueError(f"two rules for '{name}'")
        RULES[name] = rule
