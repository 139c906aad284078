"""What code may take from outside: files are refused while it runs symbolically, and random numbers
are the same in every run on real arrays."""

from __future__ import annotations

import builtins
import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...errors import NotSupportedError, Place, located
from ...frontends.context import user_frame

SEED = 0


@contextmanager
def refusing_files() -> Iterator[None]:
    """For this time opening a file is an error at the user's line: what it holds would be taken for
    a constant."""
    real = builtins.open

    def refuse(file: Any, *args: Any, **options: Any) -> Any:
        frame = user_frame()
        place = Place(frame.f_code.co_filename, frame.f_lineno) if frame else None
        raise NotSupportedError(
            located(f"the code opens the file {file}; pass what it holds as an argument", place)
        )

    builtins.open = io.open = refuse
    try:
        yield
    finally:
        builtins.open = io.open = real


@contextmanager
def same_draws() -> Iterator[None]:
    """For this time global generators start from one seed."""
    states = random.getstate(), np.random.get_state()
    random.seed(SEED)
    np.random.seed(SEED)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
