"""The scalar functions that an operator may use, one record each, and the signs of expressions.

Functions with a kink state their convention in their record, and nowhere else.
"""

from __future__ import annotations

from .circular import CIRCULAR
from .entropies import ENTROPIES
from .exponential import EXPONENTIAL
from .record import (
    ARGUMENTS,
    FUNCTIONS,
    Formula,
    Function,
    Kink,
    Spelling,
    opened,
    register,
    spelled_out,
)
from .signs import is_nonnegative, is_positive, unless_nothing
from .steps import SIDED, STEPS
from .tails import TAILS

register(*EXPONENTIAL, *CIRCULAR, *TAILS, *ENTROPIES, *STEPS)

__all__ = [
    "ARGUMENTS",
    "FUNCTIONS",
    "SIDED",
    "Formula",
    "Function",
    "Kink",
    "Spelling",
    "is_nonnegative",
    "is_positive",
    "opened",
    "register",
    "spelled_out",
    "unless_nothing",
]
