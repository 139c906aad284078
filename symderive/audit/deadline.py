"""A limit of time: what does not end within it raises."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

AGAIN = 0.5  # seconds: code that swallows the error is interrupted again


class TooLong(BaseException):
    """The time is up. Not an Exception, so that no `except` of the code's takes it for its own."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooLong in what runs for longer; no limit where signals do not reach it: in another
    thread than the main one, and on systems without an interval timer.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer") or seconds <= 0:
        yield
        return

    def up(number: int, frame: FrameType | None) -> None:
        if not _is_putting_back(frame):
            raise TooLong(f"it takes longer than {seconds:g} seconds")

    before: Any = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _is_putting_back(frame: FrameType | None) -> bool:
    """True while a `with` ends or begins, which may put back what was changed: that must not be
    interrupted."""
    while frame is not None:
        if frame.f_code.co_name in ("__exit__", "__enter__"):
            return True
        frame = frame.f_back
    return False
