"""The text of a class => the class."""

from __future__ import annotations

import linecache
import textwrap
from types import ModuleType

from ..errors import InputError
from .caught import Caught

FILE = "<audited code>"


def from_source(text: str) -> type:
    """Run the text, and take the one class in it that has forward and backward. `np` is NumPy."""
    text = textwrap.dedent(text)
    module = ModuleType("audited")
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    with Caught() as caught:
        exec(compile("import numpy as np", FILE, "exec"), vars(module))
        exec(compile(text, FILE, "exec"), vars(module))
    if caught.error is not None:
        raise InputError(f"the code does not run: {caught.sentence}") from caught.error
    found = [
        v
        for v in vars(module).values()
        if isinstance(v, type) and hasattr(v, "forward") and hasattr(v, "backward")
    ]
    if len(found) != 1:
        raise InputError(
            f"the text holds {len(found)} classes with forward and backward; give one of them"
        )
    return found[0]
