"""What an audit gives in the place of random numbers it gives to its own thread, and always."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np

import symderive as sd
from symderive.audit.drawn import giving

GIVEN = np.array([0.25, 0.5, 0.75])


class Slow:
    """A method, so that NumPy's functions are replaced in its module while it is traced."""

    def __init__(self) -> None:
        self.calls, self.inside, self.leave = 0, threading.Event(), threading.Event()

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        if self.calls == 2:
            self.inside.set()
            assert self.leave.wait(60)
        return x * x


def test_draws_are_given_while_another_thread_derives() -> None:
    slow = Slow()
    thread = threading.Thread(target=lambda: sd.derive(slow, x="n"))
    thread.start()
    assert slow.inside.wait(60)
    with giving([GIVEN]):
        found = np.random.rand(3)
    slow.leave.set()
    thread.join()
    assert found is GIVEN


def test_what_is_given_is_given_to_one_thread() -> None:
    drawn: list[Any] = []
    with giving([GIVEN]):
        thread = threading.Thread(target=lambda: drawn.append(np.random.rand(3)))
        thread.start()
        thread.join()
        assert np.random.normal(size=3) is GIVEN and random.random() != GIVEN[0]
    assert drawn[0] is not GIVEN and np.random.rand(3) is not GIVEN
