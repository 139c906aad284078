"""A forward and a backward that are two functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .collect import Left, reachable
from .returned import returned
from .roles import Roles, roles_of
from .subjects import Formal, Session, Values, formals_of, fresh


@dataclass(frozen=True)
class Pair:
    """Two functions: forward(x, ...) gives y or (y, cache), backward(dout, cache) the gradients."""

    first: Callable[..., Any]
    second: Callable[..., Any]
    settings: Values

    @property
    def name(self) -> str:
        """The names of both."""
        return f"{self.first.__name__}, {self.second.__name__}"

    @property
    def formals(self) -> tuple[Formal, ...]:
        """The arguments of the forward."""
        return tuple(formals_of(self.first, 0, True))

    @property
    def roles(self) -> Roles:
        """What backward takes."""
        return roles_of(self.second, 0, tuple(f.name for f in self.formals))

    @property
    def code(self) -> Callable[..., Any]:
        """The forward."""
        return self.first

    def start(self, values: Values) -> Session:
        """Run the forward."""
        given = {**fresh(self.settings), **values}
        forward = {f.name: given[f.name] for f in self.formals if f.name in given}
        result = self.first(**forward)
        if not isinstance(result, tuple):
            return PairSession(self, result, None, forward)
        rest = result[1:]
        return PairSession(self, result[0], rest[0] if len(rest) == 1 else rest, forward)

    def lift(self, array: Any) -> Any:
        """NumPy arrays are what the code takes."""
        return array


@dataclass
class PairSession:
    """A forward that was run, and its cache."""

    pair: Pair
    output: Any
    cache: Any
    given: Values

    def saved(self) -> dict[str, Any]:
        """The arrays in the cache, and the output."""
        return {**reachable(self.cache, "cache"), "the output": self.output}

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """The gradients that the second function returns."""
        known = {**self.given, "cache": self.cache, "output": self.output}
        roles = self.pair.roles
        result = self.pair.second(*roles.positional(cotangent, known), **roles.named(self.given))
        return returned(result, wanted, [f.name for f in self.pair.formals], self.given)
