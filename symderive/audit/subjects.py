"""What an audit asks of code, whatever it is: its arguments, its forward, its backward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

from .collect import Left
from .held import Held
from .roles import Roles

Values = Mapping[str, Any]


def fresh(settings: Values) -> dict[str, Any]:
    """Settings for one run: what code writes to a dictionary of settings must reach neither the
    next run nor the user."""
    return {name: _copied(value) for name, value in settings.items()}


def _copied(value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception:  # an open file, a lock, a module: it is handed on as it is
        return value


@dataclass(frozen=True)
class Formal:
    """An argument that the code takes: of its constructor or of its forward. default: None where it
    is required.  kind: its annotation as text, such as "int"; "" without one.
    """

    name: str
    of_forward: bool
    required: bool
    default: Any = None
    kind: str = ""


class Session(Protocol):
    """One forward that was run, and the backward that may be run on it."""

    @property
    def output(self) -> Any:
        """What is differentiated."""

    def saved(self) -> dict[str, Any]:
        """The arrays that the forward left for the backward, by how the code names them."""

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """Run the backward; the gradients of the wanted arguments, where they are found."""


class Subject(Protocol):
    """What is audited."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def formals(self) -> tuple[Formal, ...]:
        """All arguments, those of the forward first."""

    @property
    def roles(self) -> Roles:
        """What backward takes."""

    @property
    def code(self) -> Callable[..., Any]:
        """A function of the module in which the code lies."""

    @property
    def functions(self) -> list[Any]:
        """The functions of which it consists."""

    @property
    def held(self) -> tuple[Held, ...]:
        """The arrays of its own that are arguments like those that are handed in."""

    def holds(self, values: Values) -> list[Held]:
        """The arrays of its own."""

    def holding(self, held: Sequence[Held], draws: Sequence[str] = ()) -> Subject:
        """The same, these arrays, and what forward draws at random, being arguments."""

    @property
    def draws(self) -> tuple[str, ...]:
        """The arguments that stand for what forward draws at random, in order."""

    def again(self) -> Subject | None:
        """The same in its second call; None where nothing is kept between calls."""

    def start(self, values: Values) -> Session:
        """Run the forward."""

    def lift(self, array: Any) -> Any:
        """A NumPy array as what the code takes."""


def formals_of(function: Callable[..., Any], skip: int, of_forward: bool) -> list[Formal]:
    """The arguments that can be given by name."""
    found = list(inspect.signature(function).parameters.values())[skip:]
    return [
        Formal(
            p.name,
            of_forward,
            p.default is p.empty,
            None if p.default is p.empty else p.default,
            "" if p.annotation is p.empty else getattr(p.annotation, "__name__", str(p.annotation)),
        )
        for p in found
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
