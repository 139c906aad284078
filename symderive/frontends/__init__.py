"""Front ends: a NumPy function, run on symbolic arrays, or a text, read by its syntax tree,
becomes a program."""

from . import (
    comparisons,
    compositions,
    contractions,
    creation,
    diagonals,
    dispatch,
    elementwise,
    indexing,
    joins,
    memory,
    missing,
    reductions,
    reshape,
    shapes,
    statistics,
    writing,
)
from .text import parse
from .trace import trace

# Importing these modules fills the registry of rules.
RULE_MODULES = (
    comparisons, compositions, contractions, creation, diagonals, dispatch, elementwise, indexing,
    joins, memory, missing, reductions, reshape, shapes, statistics, writing,
)  # fmt: skip
__all__ = ["parse", "trace"]
