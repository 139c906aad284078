"""Names that nothing else has."""

from __future__ import annotations

from collections.abc import Container


def unused(name: str, taken: Container[str], between: str = "") -> str:
    """The name, with a number from 2 on behind it where it is taken: `x`, `x2`, `x3`."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}{between}{number}", number + 1
    return found
