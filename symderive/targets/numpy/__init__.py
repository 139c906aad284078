"""The NumPy target: statements → text."""

from __future__ import annotations

from ..base import Target
from .module import view

NUMPY = Target(name="numpy", template="numpy/module.py.j2", suffix=".py", view=view)

__all__ = ["NUMPY"]
