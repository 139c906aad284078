"""A progress bar on the terminal, for what takes more than two seconds and for nothing else."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 2.0  # seconds
Item = TypeVar("Item")


class Waiting:
    """Shows `label` and a bar on stderr once two seconds have passed, where stderr is a terminal.

    Without a total the bar only says that work goes on.
    """

    def __init__(self, label: str, total: int | None = None) -> None:
        self.label, self.total, self.done = label, total, 0
        self._lock = threading.Lock()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._timer = threading.Timer(PATIENCE, self._show)
        self._timer.daemon = True

    def _show(self) -> None:
        from rich.console import Console  # 50 ms that a quick command does not pay
        from rich.progress import Progress

        with self._lock:
            if self._timer.finished.is_set():
                return
            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task(self.label, total=self.total, completed=self.done)
            self._bar.start()

    def advance(self) -> None:
        """One item more is done."""
        self.done += 1
        with self._lock:
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, completed=self.done)

    def __enter__(self) -> Waiting:
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._bar is not None:
                self._bar.stop()


def watched(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """The items, with a bar that counts them."""
    with Waiting(label, total) as waiting:
        for item in items:
            yield item
            waiting.advance()
