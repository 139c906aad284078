"""Front ends: a NumPy function, run on symbolic arrays, or a text, read by its syntax tree, becomes a program."""

from . import (  # each module adds its rules to the registry
    comparisons,
    contractions,
    creation,
    dispatch,
    elementwise,
    indexing,
    joins,
    reductions,
    reshape,
    shapes,
    statistics,
    writing,
)
from .text import parse
from .trace import trace

__all__ = ["parse", "trace"]
