"""The targets, by name. Adding one is a room beside `numpy/` and a line here."""

from __future__ import annotations

from .array_api import ARRAY_API
from .base import Target
from .c import C
from .numpy import NUMPY, TUNED

TARGETS: dict[str, Target] = {t.name: t for t in (NUMPY, TUNED, C, ARRAY_API)}

__all__ = ["TARGETS", "Target"]
