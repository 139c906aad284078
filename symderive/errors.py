"""What can go wrong, and whose doing it is: one exception class for each answer a user may act
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A line of the user's own source."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SymderiveError(Exception):
    """Base of every error that symderive raises for bad input."""


class InputError(SymderiveError, ValueError):
    """The input is wrong: a name, a shape, a value. The message says what would be right."""


class InputTypeError(SymderiveError, TypeError):
    """The input has the wrong type. The message says which type is wanted."""


class NotSupportedError(SymderiveError, NotImplementedError):
    """Not supported yet. The message names the expression or call, its place, and what is
    supported.
    """


class LimitError(NotSupportedError):
    """A derivation would take too much time or memory. The message names the bound and what was
    reached.
    """


class NeedsLength(NotSupportedError):
    """Code loops over dims whose lengths are not numbers."""

    def __init__(self, message: str, dims: Sequence[str]) -> None:
        super().__init__(message)
        self.dims = tuple(dims)


class NeedsValue(NotSupportedError):
    """Code decides something by the data."""


class NoDerivativeError(SymderiveError, ValueError):
    """The function has no derivative there, and no convention covers it."""


class DerivationError(SymderiveError, RuntimeError):
    """A derivation did not end, or one of its own checks failed. Carries the last steps in the
    message.
    """


def located(message: str, place: Place | None) -> str:
    """`FILE:LINE: message`, or the message alone where no place is known."""
    return f"{place}: {message}" if place else message


NEAR = 0.81  # of 1: 'sofmax' is near 'softmax', and 'median' far from 'mean'


def nearest(name: str, known: list[str]) -> str:
    """A hint ` Did you mean 'softmax'?`, or nothing where no known name is close."""
    from difflib import get_close_matches  # only ever needed on the way to an error

    one_letter = [k for k in known if name in (k[:-1], f"{k}s") and k]  # x for xs
    close = get_close_matches(name, known, n=1, cutoff=NEAR) or one_letter[:1]
    return f" Did you mean '{close[0]}'?" if close else ""
