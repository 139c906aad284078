"""What an entry of the catalogue is, and the decorator that makes one from a NumPy function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..index.domains import Domain

Array = Any
Forward = Callable[..., Array]


@dataclass(frozen=True)
class Operator:
    """One operator: its NumPy forward, each input's named dims and domain, and why it exists."""

    name: str
    family: str
    forward: Forward
    domains: Mapping[str, str | Domain]
    summary: str
    aliases: tuple[str, ...] = ()


CATALOGUE: dict[str, Operator] = {}


def operator(
    family: str, /, *, aliases: tuple[str, ...] = (), **domains: str | Domain
) -> Callable[[Forward], Forward]:
    """Enter a forward into the catalogue; its docstring's first line is the summary."""

    def enter(forward: Forward) -> Forward:
        summary = (forward.__doc__ or "").strip().split("\n")[0]
        for name in (forward.__name__, *aliases):
            if any(name == entry.name or name in entry.aliases for entry in CATALOGUE.values()):
                raise InputError(f"the catalogue already has an operator '{name}'; choose another")
        CATALOGUE[forward.__name__] = Operator(
            forward.__name__, family, forward, domains, summary, aliases
        )
        return forward

    return enter
