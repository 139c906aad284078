"""A layer class as textbooks write it: constructor, forward, backward, self.grads."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .collect import Left, reachable
from .returned import returned
from .roles import Roles, roles_of
from .stored import Before, stored
from .subjects import Formal, Session, Values, formals_of, fresh


@dataclass(frozen=True)
class Layer:
    """A class with forward(self, x, ...) and backward(self, dout)."""

    kind: type
    settings: Values

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.kind.__name__

    @property
    def formals(self) -> tuple[Formal, ...]:
        """The arguments of forward, then those of the constructor."""
        forward = formals_of(self.kind.forward, self._skip("forward"), True)  # type: ignore[attr-defined]
        known = {f.name for f in forward}
        made = self._constructor()
        return (*forward, *(f for f in made if f.name not in known))

    def _constructor(self) -> list[Formal]:
        own = self.kind.__init__ is not object.__init__  # type: ignore[misc]
        return formals_of(self.kind.__init__, 1, False) if own else []  # type: ignore[misc]

    def _skip(self, method: str) -> int:
        return 0 if isinstance(inspect.getattr_static(self.kind, method), staticmethod) else 1

    @property
    def roles(self) -> Roles:
        """What backward takes besides self."""
        names = tuple(f.name for f in self.formals if f.of_forward)
        return roles_of(self.kind.backward, self._skip("backward"), names)  # type: ignore[attr-defined]

    @property
    def code(self) -> Callable[..., Any]:
        """The forward."""
        return self.kind.forward  # type: ignore[attr-defined, no-any-return]

    def start(self, values: Values) -> Session:
        """Construct the layer, and run its forward."""
        given = {**fresh(self.settings), **values}
        made = self.kind(**{f.name: given[f.name] for f in self._constructor() if f.name in given})
        forward = {f.name: given[f.name] for f in self.formals if f.of_forward and f.name in given}
        return LayerSession(self, made, made.forward(**forward), forward, values)

    def lift(self, array: Any) -> Any:
        """NumPy arrays are what the code takes."""
        return array


@dataclass
class LayerSession:
    """A layer after its forward."""

    layer: Layer
    made: Any
    output: Any
    given: Values
    values: Values

    def saved(self) -> dict[str, Any]:
        """The arrays in self."""
        return reachable(self.made, "self")

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """Returned gradients are those of the forward's arguments; the others are looked for."""
        roles = self.layer.roles
        known = {**self.given, "output": self.output}
        before = Before(self.made)
        given = roles.positional(cotangent, known), roles.named(self.given)
        result = self.made.backward(*given[0], **given[1])
        formals = [f.name for f in self.layer.formals if f.of_forward]
        own = [n for n in wanted if n in formals]
        others = [n for n in wanted if n not in formals]
        found = returned(result, own, formals, self.values, others)
        rest = [n for n in wanted if n not in found]
        return {**found, **stored(self.made, self.values, rest, before)}
