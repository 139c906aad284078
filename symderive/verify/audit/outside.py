"""What code may take from outside: files are refused while it runs symbolically, and random numbers
are the same in every run on real arrays."""

from __future__ import annotations

import builtins
import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from numpy import random as draws

from ...errors import NotSupportedError, Place, located
from ...frontends.context import running, user_frame
from ...frontends.replaced import replaced

SEED = 0
_REFUSING: ContextVar[bool] = ContextVar("refusing files", default=False)


@contextmanager
def refusing_files() -> Iterator[None]:
    """For this time opening a file is an error at the user's line: what it holds would be taken for
    a constant."""
    token = _REFUSING.set(True)
    try:
        with replaced([(builtins, "open", _refused), (io, "open", _refused)]):
            yield
    finally:
        _REFUSING.reset(token)


def _refused(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(file: Any, *args: Any, **options: Any) -> Any:
        if not _REFUSING.get():  # another thread
            return real(file, *args, **options)
        frame = user_frame()
        place = Place(frame.f_code.co_filename, frame.f_lineno) if frame else None
        raise NotSupportedError(
            located(f"the code opens the file {file}; pass what it holds as an argument", place)
        )

    return call


@contextmanager
def same_draws() -> Iterator[None]:
    """For this time global generators start from one seed."""
    states = random.getstate(), draws.get_state()
    random.seed(SEED)
    draws.seed(SEED)
    try:
        yield
    finally:
        random.setstate(states[0])
        draws.set_state(states[1])


@contextmanager
def allowing_draws() -> Iterator[None]:
    """For this time, that of a constructor, random numbers may be drawn, each time the same ones:
    what they fill is replaced by an argument."""
    context = running()
    if context is None:
        with same_draws():
            yield
        return
    before, context.draws = context.draws, True
    try:
        with same_draws():
            yield
    finally:
        context.draws = before
