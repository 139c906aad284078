"""One store of memory for the large results of all kernels: pages that were used are used again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from ...errors import InputError
from .build import module

TEMPLATE = "c/boundary/memory.c.j2"
KEPT = 256 << 20  # bytes that wait to be handed out again, unless $SYMDERIVE_KEEP says otherwise
DIGITS = 20  # more of them are more bytes than there can be
Render = Callable[[str, Mapping[str, Any]], str]


@cache
def store(render: Render) -> ModuleType:
    """The store: `handler`, as NumPy takes it; `held()`, the bytes that wait; `keep(bytes)`."""
    made = module(render(TEMPLATE, {}), (), "memory")
    made.keep(_limit(os.environ.get("SYMDERIVE_KEEP") or str(KEPT)))
    return made


def _limit(told: str) -> int:
    if not told.isdecimal():
        raise InputError(f"$SYMDERIVE_KEEP is a number of bytes, not '{told}'")
    short = told.lstrip("0") or "0"
    return sys.maxsize if len(short) > DIGITS else min(int(short), sys.maxsize)
