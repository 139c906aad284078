"""One store of memory for the large results of all kernels: pages that were used are used again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from ...errors import InputError
from .build import compiled, load

TEMPLATE = "c/boundary/memory.c.j2"
KEPT = 256 << 20  # bytes that wait to be handed out again, unless $SYMDERIVE_KEEP says otherwise
Render = Callable[[str, Mapping[str, Any]], str]


@cache
def store(render: Render) -> ModuleType:
    """The store: `handler`, as NumPy takes it; `held()`, the bytes that wait; `keep(bytes)`."""
    module = load(compiled(render(TEMPLATE, {}), ()), "memory")
    module.keep(_limit(os.environ.get("SYMDERIVE_KEEP") or str(KEPT)))
    return module


def _limit(told: str) -> int:
    if not told.isdecimal():
        raise InputError(f"$SYMDERIVE_KEEP is a number of bytes, not '{told}'")
    return int(told)
