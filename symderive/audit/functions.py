"""A forward and a backward that are two functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from .collect import Left, reachable
from .drawn import giving
from .forwarded import OUTPUT, Forwarded, answered, forwarded
from .held import Held, Spaces, held_in, keeping, spaces_of
from .returned import returned
from .roles import Roles, roles_of
from .subjects import Formal, Session, Values, formals_of, fresh


@dataclass(frozen=True)
class Pair:
    """Two functions: forward(x, ...) gives y or (y, cache), backward(dout, cache) the gradients."""

    first: Callable[..., Any]
    second: Callable[..., Any]
    settings: Values
    held: tuple[Held, ...] = ()
    draws: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The names of both; one name, where one function is both."""
        return ", ".join(dict.fromkeys((self.first.__name__, self.second.__name__)))

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

    @property
    def functions(self) -> list[Any]:
        """The functions of which it consists."""
        return [self.first, self.second]

    def holds(self, values: Values) -> list[Held]:
        """The arrays of the modules of both."""
        return held_in(None, self._around(), [f.name for f in self.formals], frozenset())

    def holding(self, held: Sequence[Held], draws: Sequence[str] = ()) -> Pair:
        """The same, these arrays, and what forward draws at random, being arguments."""
        return replace(self, held=tuple(held), draws=tuple(draws))

    def _around(self) -> Spaces:
        return spaces_of([self.first, self.second], [])

    def outside(self, values: Values) -> AbstractContextManager[None]:
        """For this time the modules keep these values."""
        return keeping(self._around(), self.held, values)

    def again(self) -> None:
        """Functions keep nothing."""

    def start(self, values: Values) -> Session:
        """Run the forward."""
        given = {**fresh(self.settings), **values}
        forward = {f.name: given[f.name] for f in self.formals if f.name in given}
        with self.outside(values), giving([values[n] for n in self.draws]):
            result = self.first(**forward)
        made = forwarded(result, self.first, self.roles.returned)
        return PairSession(self, made, forward, values)

    def lift(self, array: Any) -> Any:
        """NumPy arrays are what the code takes."""
        return array


@dataclass
class PairSession:
    """A forward that was run, and what it returned."""

    pair: Pair
    made: Forwarded
    given: Values
    values: Values

    @property
    def output(self) -> Any:
        """What is differentiated."""
        return self.made.output

    def saved(self) -> dict[str, Any]:
        """The arrays in the cache, and the output."""
        saved = self.made.saved
        cache = saved[0] if len(saved) == 1 else saved
        return {**reachable(cache, "cache"), "the output": self.output}

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """The gradients that the second function returns."""
        roles, formals = self.pair.roles, [f.name for f in self.pair.formals]
        answered(roles.returned, self.made.rest, formals)
        known = {**self.given, OUTPUT: self.output, **self.made.rest}
        given = roles.positional(cotangent, known), roles.named(self.given)
        with self.pair.outside(self.values):
            result = self.pair.second(*given[0], **given[1])
        own = [n for n in wanted if n in formals]
        others = [n for n in wanted if n not in formals]
        return returned(result, own, formals, self.values, others)
