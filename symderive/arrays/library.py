"""What a library of arrays can do: the questions that lowering asks of it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """updates: parts of an array can be changed.  mixes: truth values and numbers add up.
    einsum: it has Einstein sums of two arrays.
    """

    updates: bool = True
    mixes: bool = True
    einsum: bool = True


ANY = Library()  # where nothing is said: all of it
