"""A layer class as textbooks write it: constructor, forward, backward, self.grads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..frontends.array import Array
from .collect import Left, objects_in, reachable
from .drawn import giving
from .forwarded import OUTPUT, Forwarded, answered, forwarded
from .held import Held, Spaces, assigned_in, held_in, keeping, placed, spaces_of
from .outside import allowing_draws
from .returned import returned
from .roles import Roles, roles_of
from .stored import Before, stored
from .subjects import Formal, Values, formals_of, fresh


@dataclass(frozen=True)
class Layer:
    """A class with forward(self, x, ...) and backward(self, dout).

    is_used: one forward and one backward, on other inputs, come before.
    """

    kind: Any  # a class
    settings: Values
    held: tuple[Held, ...] = ()
    draws: tuple[str, ...] = ()
    is_used: bool = False

    @property
    def name(self) -> str:
        """The name of the class."""
        return str(self.kind.__name__)

    @property
    def formals(self) -> tuple[Formal, ...]:
        """The arguments of forward, then those of the constructor."""
        forward = formals_of(self.kind.forward, self._skip("forward"), True)
        known = {f.name for f in forward}
        made = self._constructor()
        return (*forward, *(f for f in made if f.name not in known))

    def _constructor(self) -> list[Formal]:
        own = self.kind.__init__ is not object.__init__
        return formals_of(self.kind.__init__, 1, False) if own else []

    def _skip(self, method: str) -> int:
        return 0 if isinstance(inspect.getattr_static(self.kind, method), staticmethod) else 1

    @property
    def roles(self) -> Roles:
        """What backward takes besides self."""
        names = tuple(f.name for f in self.formals if f.of_forward)
        return roles_of(self.kind.backward, self._skip("backward"), names)

    @property
    def code(self) -> Callable[..., Any]:
        """The forward."""
        forward: Callable[..., Any] = self.kind.forward
        return forward

    @property
    def functions(self) -> list[Any]:
        """The functions of which it consists."""
        return [f for k in self.kind.__mro__ for f in vars(k).values()]

    def holds(self, values: Values) -> list[Held]:
        """The arrays of the layer, of its classes and of its module."""
        made = self._made(values)
        if any(isinstance(v, Array) for v in values.values()):
            self._run(made, values)  # a forward may make parameters when it is first called
        kinds = {type(o): None for o in objects_in(made)}
        backwards = [getattr(k, "backward", None) for k in kinds]
        written = frozenset[str]().union(*map(assigned_in, backwards))
        return held_in(made, self._around(), [f.name for f in self.formals], written)

    def holding(self, held: Sequence[Held], draws: Sequence[str] = ()) -> Layer:
        """The same, these arrays, and what forward draws at random, being arguments."""
        return replace(self, held=tuple(held), draws=tuple(draws))

    def _around(self) -> Spaces:
        return spaces_of(self.functions, [k for k in self.kind.__mro__ if k is not object])

    def outside(self, values: Values) -> AbstractContextManager[None]:
        """For this time the classes and the module keep these values."""
        return keeping(self._around(), [h for h in self.held if h.is_outside], values)

    def _made(self, values: Values) -> Any:
        given = {**fresh(self.settings), **values}
        own = {f.name: given[f.name] for f in self._constructor() if f.name in given}
        with allowing_draws():
            return self.kind(**own)

    def again(self) -> Layer | None:
        """The same in its second call."""
        return replace(self, is_used=True)

    def start(self, values: Values) -> LayerSession:
        """Construct the layer, and run its forward."""
        with self.outside(values):
            made = self._made(values)
        if not self.is_used:
            return self._run(made, values)
        others = {n: _moved(v) if self._is_of_forward(n) else v for n, v in values.items()}
        first = self._run(made, others)
        left = first.backward(np.ones_like(first.output), list(values))
        kept = {n: np.array(g.array, float) for n, g in left.items() if g.where != "returned"}
        now = self._run(made, values)
        return UsedSession(self, made, now.told, now.given, now.values, kept)

    def _is_of_forward(self, name: str) -> bool:
        return any(f.of_forward and f.name == name for f in self.formals)

    def _run(self, made: Any, values: Values) -> LayerSession:
        given = {**fresh(self.settings), **values}
        forward = {f.name: given[f.name] for f in self.formals if f.of_forward and f.name in given}
        with self.outside(values):
            kept = placed(made, [h for h in self.held if not h.is_outside], values)
            with giving([values[n] for n in self.draws]):
                result = made.forward(**forward)
        told = forwarded(result, self.kind.forward, self.roles.returned)
        return LayerSession(self, made, told, forward, {**values, **kept})

    def lift(self, array: Any) -> Any:
        """NumPy arrays are what the code takes."""
        return array


@dataclass
class LayerSession:
    """A layer after its forward."""

    layer: Layer
    made: Any
    told: Forwarded
    given: Values
    values: Values

    @property
    def output(self) -> Any:
        """What is differentiated."""
        return self.told.output

    def saved(self) -> dict[str, Any]:
        """The arrays in self, and those that the forward returned beside its output."""
        return reachable(self.made, "self") | reachable(self.told.saved, "cache")

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """Returned gradients are those of the forward's arguments; the others are looked for."""
        roles, formals = self.layer.roles, [f.name for f in self.layer.formals if f.of_forward]
        answered(roles.returned, self.told.rest, formals)
        known = {**self.given, OUTPUT: self.output, **self.told.rest}
        before = Before(self.made)
        given = roles.positional(cotangent, known), roles.named(self.given)
        with self.layer.outside(self.values):
            result = self.made.backward(*given[0], **given[1])
        own = [n for n in wanted if n in formals]
        others = [n for n in wanted if n not in formals]
        found = returned(result, own, formals, self.values, others)
        rest = [n for n in wanted if n not in found]
        return {**found, **stored(self.made, self.values, rest, before)}


@dataclass
class UsedSession(LayerSession):
    """A layer in its second call. earlier: the gradients that the first one left in it."""

    earlier: Mapping[str, Any]

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """What is added to the gradients of an earlier call is what is judged."""
        found = super().backward(cotangent, wanted)
        fresh_layer = replace(self.layer, is_used=False).start(self.values)
        alone = fresh_layer.backward(cotangent, wanted)
        return {n: self._own(n, left, alone.get(n)) for n, left in found.items()}

    def _own(self, name: str, left: Left, alone: Left | None) -> Left:
        if name not in self.earlier or alone is None:
            return left
        added = np.asarray(left.array) - self.earlier[name]
        is_sum = np.shape(added) == np.shape(alone.array) and np.allclose(added, alone.array)
        return Left(added, left.where) if is_sum else left


def _moved(value: Any) -> Any:
    """Another input of the same kind: each row in the place of the next."""
    return np.roll(value, 1, 0) if np.ndim(value) else value
