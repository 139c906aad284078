"""All array nodes in NumPy's words."""

from __future__ import annotations

from ..python.spelling import Spelling
from .arithmetic import ARITHMETIC
from .moves import MOVES


def numpy_words(any_axis: bool = False) -> Spelling:
    """What writes array nodes for NumPy; `any_axis` where the reduced axis is an argument."""
    return Spelling("axis" if any_axis else "-1", {**ARITHMETIC, **MOVES})
