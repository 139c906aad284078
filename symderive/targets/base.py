"""What a target offers: a schedule as the named pieces of text that its template lays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..schedule import Schedule


@dataclass(frozen=True)
class Live:
    """Generated code, ready to be called: its text, the module, and the operator's functions."""

    source: str
    module: ModuleType
    value: Callable[..., Any]
    fwd: Callable[..., Any]
    bwd: Callable[..., Any]


@dataclass(frozen=True)
class Workshop:
    """What a target that compiles needs: its text, templates rendered, the NumPy module.

    python: the text of a module, live, with these names in it beforehand.
    """

    text: Callable[[], str]
    render: Callable[[str, Mapping[str, Any]], str]
    numpy: Callable[[], Live]
    python: Callable[[str, Mapping[str, Any]], Live]


@dataclass(frozen=True)
class Target:
    """A printer and its template. `view` gives every name that the template uses, all decided.

    live: how the text becomes functions, where Python cannot run it as it is.  has_tools: whether
    what that takes is installed.  precision: the dtype for which it is ready at once.
    """

    name: str
    template: str
    suffix: str
    view: Callable[[Schedule], Mapping[str, Any]]
    live: Callable[[Schedule, Workshop], Live] | None = None
    has_tools: Callable[[], bool] = lambda: True
    precision: str = "float64"

    @property
    def runs_here(self) -> bool:
        """True where the text becomes functions on this machine."""
        return (self.suffix == ".py" or self.live is not None) and self.has_tools()
