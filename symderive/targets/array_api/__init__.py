"""One module for any library that follows the Python array API standard: NumPy, torch, JAX, ..."""

from __future__ import annotations

from importlib.util import find_spec

from ..base import Target
from .module import view


def _has_compat() -> bool:
    return find_spec("array_api_compat") is not None


ARRAY_API = Target(
    name="array_api", template="array_api/module.py.j2", suffix="_array_api.py", view=view,
    has_tools=_has_compat,
)  # fmt: skip

__all__ = ["ARRAY_API"]
