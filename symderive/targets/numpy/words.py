"""NumPy as a dialect."""

from __future__ import annotations

from ..python.common import COMMON
from ..python.spelling import Dialect, Spelling
from .arithmetic import ARITHMETIC, called
from .moves import MOVES

NUMPY = Dialect(
    "np", {**COMMON, **ARITHMETIC, **MOVES}, called, {"pi": "np.pi", "inf": "np.inf"}
)  # fmt: skip


def numpy_words(any_axis: bool = False) -> Spelling:
    """What writes array nodes for NumPy; `any_axis` where the reduced axis is an argument."""
    return Spelling(NUMPY, "axis" if any_axis else "-1")
