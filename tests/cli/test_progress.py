"""The bar shows itself late, on a terminal only, and never loses an item."""

from __future__ import annotations

import io
import sys
import time

import pytest

from symderive.cli import progress


class Terminal(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, pause: float, monkeypatch: pytest.MonkeyPatch) -> str:
    """What appears on stderr while three items take `pause` seconds each."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.05)
    monkeypatch.setattr(sys, "stderr", stream)  # here, since pytest sets stderr before each test
    seen = []
    for item in progress.watched(range(3), "generating", 3):
        time.sleep(pause)
        seen.append(item)
    assert seen == [0, 1, 2]
    return stream.getvalue()


def test_a_long_command_shows_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "generating" in shown(Terminal(), 0.4, monkeypatch)


def test_a_quick_command_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 0, monkeypatch) == ""


def test_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), 0.1, monkeypatch) == ""
