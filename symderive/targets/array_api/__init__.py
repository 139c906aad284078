"""One module for any library that follows the Python array API standard: NumPy, torch, JAX, ..."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from ...schedule import Schedule
from ..base import Target
from ..python.functional import functional
from .words import NAMESPACE


def view(plan: Schedule) -> Mapping[str, Any]:
    """Every name that `templates/array_api/module.py.j2` uses."""
    return functional(plan, NAMESPACE)


def _has_compat() -> bool:
    return find_spec("array_api_compat") is not None


ARRAY_API = Target(
    name="array_api", template="array_api/module.py.j2", suffix="_array_api.py", view=view,
    has_tools=_has_compat,
)  # fmt: skip

__all__ = ["ARRAY_API"]
