"""What a target offers: a schedule as the named pieces of text that its template lays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..schedule import Schedule


@dataclass(frozen=True)
class Target:
    """A printer and its template. `view` gives every name that the template uses, all decided."""

    name: str
    template: str
    suffix: str
    view: Callable[[Schedule], Mapping[str, Any]]
