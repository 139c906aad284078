"""The table of operators that symderive has never seen, and how one is entered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from symderive.index.domains import Domain

Array = Any


@dataclass(frozen=True)
class Unseen:
    """A forward and the domains of its inputs."""

    forward: Callable[..., Array]
    domains: dict[str, str | Domain]


UNSEEN: dict[str, Unseen] = {}


def unseen(**domains: str | Domain) -> Callable[[Callable[..., Array]], Callable[..., Array]]:
    """Enter a forward into the table of this file."""

    def enter(forward: Callable[..., Array]) -> Callable[..., Array]:
        UNSEEN[forward.__name__] = Unseen(forward, domains)
        return forward

    return enter


def soft(s: Array, axis: int = -1) -> Array:
    """A helper that several forwards call."""
    e = np.exp(s)
    return e / e.sum(axis=axis, keepdims=True)
