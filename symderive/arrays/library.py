"""What a library of arrays can do: the questions that lowering asks of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """names: whether it has a name for a scalar function; what it has none for is written in other
    functions.  updates: parts of an array can be changed.  mixes: truth values and numbers add up.
    einsum: it has Einstein sums of two arrays.
    """

    names: Callable[[str], bool] = bool
    updates: bool = True
    mixes: bool = True
    einsum: bool = True
