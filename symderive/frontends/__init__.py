"""Front ends: a NumPy function, run on symbolic arrays, or a text, read by its syntax tree, becomes a program."""

from . import comparisons, contractions, creation, dispatch, elementwise, indexing, reductions, shapes, writing
from .text import parse
from .trace import trace

__all__ = [
    "comparisons",
    "contractions",
    "creation",
    "elementwise",
    "indexing",
    "parse",
    "reductions",
    "shapes",
    "trace",
]
