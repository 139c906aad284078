"""The NumPy target: statements → text."""

from __future__ import annotations

from ..base import Target
from .module import listed, tuned, view

NUMPY = Target(name="numpy", template="numpy/module.py.j2", suffix=".py", view=view)
TUNED = Target(
    name="numpy-tuned", template="numpy/module.py.j2", suffix="_tuned.py", view=tuned
)  # fmt: skip

__all__ = ["NUMPY", "TUNED", "listed"]
