"""Operators that symderive has never seen: plain NumPy, each with the dims of its inputs."""

from __future__ import annotations

from tests.operators import (
    unseen_classics,
    unseen_likelihoods,
    unseen_others,
    unseen_pairs,
    unseen_windows,
)
from tests.operators.unseen_table import UNSEEN

__all__ = [
    "UNSEEN",
    "unseen_classics",
    "unseen_likelihoods",
    "unseen_others",
    "unseen_pairs",
    "unseen_windows",
]
