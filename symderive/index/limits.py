"""How much a derivation may do: expressions made, expressions held, seconds, elements of an array.

Every expression is made in one place, so that is where the bounds are looked at: what would run for
hours, or fill the memory, ends in a sentence that says how far it came.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction

from ..errors import InputError, LimitError

MOST_MADE = 20_000_000  # expressions in one derivation, those made twice counted twice
MOST_HELD = 1_500_000  # expressions at one time: about 2 GB
MOST_ELEMENTS = 1 << 26  # of an array of numbers at which a step is checked
MOST_BITS = 14_000  # of an exact number, above or below: Python prints some more
LARGEST = 1 << 1024  # what float64 does not hold any more
SECONDS = "SYMDERIVE_SECONDS"  # the environment's variable for the wall clock
_USUAL_SECONDS = 300.0
_EVERY = 4096  # the clock is read once for so many expressions


@dataclass
class Work:
    """What one derivation has done so far."""

    what: str
    seconds: float
    started: float = field(default_factory=time.monotonic)
    made: int = 0
    held: int = 0

    def look(self) -> None:
        """Raise where a bound is reached."""
        spent = time.monotonic() - self.started
        if self.made > MOST_MADE:
            reached = f"{MOST_MADE:,} expressions were made, the most for one derivation"
        elif self.held > MOST_HELD:
            reached = f"{MOST_HELD:,} expressions are held in memory, the most at one time"
        elif spent > self.seconds:
            reached = f"{self.seconds:g} seconds are over (the variable {SECONDS} allows more)"
        else:
            return
        raise LimitError(
            f"the derivation of {self.what} was stopped: {reached}, after {spent:.0f} s with "
            f"{self.made:,} made and {self.held:,} held. Loops over known lengths are written out: "
            "fewer rounds, array operations, or a part of the forward by itself cost less"
        )


_WORK: ContextVar[Work | None] = ContextVar("work", default=None)
_calls = 0


@contextmanager
def bounded(what: str) -> Iterator[None]:
    """While this lasts, at most so much is done; what it calls counts as a part of it.

    An expression that is nested too deeply for Python to go through is refused as well.
    """
    if _WORK.get() is not None:
        yield
        return
    token = _WORK.set(Work(what, allowed_seconds()))
    try:
        yield
    except RecursionError as error:
        raise LimitError(
            f"the derivation of {what} was stopped: an expression in it is nested more deeply than "
            "Python's recursion limit lets it be read. Fewer rounds of a loop over known lengths, "
            "or a part of the forward by itself, nest less"
        ) from error
    finally:
        _WORK.reset(token)


def allowed_seconds() -> float:
    """What the environment allows, in seconds."""
    given = os.environ.get(SECONDS, "")
    try:
        seconds = float(given) if given else _USUAL_SECONDS
    except ValueError:
        seconds = -1.0
    if not seconds > 0:
        raise InputError(f"{SECONDS}={given} must be a positive number of seconds")
    return seconds


def count(held: int) -> None:
    """One more expression is asked for, and `held` are there."""
    global _calls
    _calls += 1
    if _calls % _EVERY == 0 and (work := _WORK.get()) is not None:
        work.made, work.held = work.made + _EVERY, held
        work.look()


def refuse_number(value: Fraction) -> None:
    """Raise where an exact number is larger than a float64, or has too many digits to be kept."""
    above, below = abs(value.numerator), value.denominator
    if max(above.bit_length(), below.bit_length()) > MOST_BITS:
        raise LimitError(
            f"a number of more than {MOST_BITS * 3 // 10:,} digits: numbers are kept exactly, and "
            "a loop that multiplies them makes them longer each time; fewer rounds are needed"
        )
    if above >= LARGEST * below:
        raise LimitError(
            "a number beyond what float64 holds (1.8e308), written so or a product of numbers"
        )


def refuse_large(shape: Iterable[int], what: str) -> None:
    """Raise where an array of this shape is too large to be checked with, or the time is over."""
    if math.prod(shape) > MOST_ELEMENTS:
        raise LimitError(
            f"{what} holds more than {MOST_ELEMENTS:,} elements at the least lengths that the "
            "forward allows, the most that a derivation is checked on: use smaller numbers in "
            "indices and shapes, or name the dim"
        )
    if (work := _WORK.get()) is not None:
        work.look()
