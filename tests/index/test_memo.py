"""A derivation that begins in another thread takes nothing from one that is under way."""

from __future__ import annotations

import threading

from symderive.index.dims import Dim, Index
from symderive.index.memo import forget, remembered
from symderive.index.walk import fresh, restart


def elsewhere() -> None:
    """What every derivation does at its start."""

    def begin() -> None:
        forget()
        restart()
        fresh(Index(Dim("n"), 0))

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()


def test_no_two_fresh_indices_of_a_derivation_are_one() -> None:
    index, seen = Index(Dim("n"), 0), set()
    restart()
    for _ in range(3):
        seen.add(fresh(index))
        elsewhere()
    assert len(seen) == 3


def test_what_was_worked_out_stays_for_as_long_as_its_own_derivation() -> None:
    asked = []

    @remembered
    def square(number: int) -> int:
        asked.append(number)
        return number * number

    assert square(3) == 9
    elsewhere()
    assert square(3) == 9 and asked == [3]
    forget()
    assert square(3) == 9 and asked == [3, 3]
