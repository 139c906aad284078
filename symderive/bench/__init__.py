"""How fast generated code is, beside what people write and what they install."""

from __future__ import annotations

from .report import picture, table
from .run import OPERATORS, SHAPES, Result, bench

__all__ = ["OPERATORS", "SHAPES", "Result", "bench", "picture", "table"]
