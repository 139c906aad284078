"""A class with static forward(ctx, ...) and backward(ctx, grad_output), as torch.autograd wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...frontends.array import Array
from .collect import Left, reachable
from .held import Held, Spaces, held_in, keeping, spaces_of
from .returned import returned
from .roles import Roles, roles_of
from .subjects import Formal, Session, Values, formals_of, fresh
from .torch_module import rebound, uses_torch
from .torch_tensor import bare, wrapped


@dataclass
class Context:
    """Stands for the ctx of a torch.autograd.Function."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()
    marked: list[Any] = field(default_factory=list)

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The saved tensors, by torch's old name."""
        return self.saved_tensors

    @property
    def saved_values(self) -> tuple[Any, ...]:
        """The same, as minitorch has it."""
        return self.saved_tensors

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for the backward."""
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Outputs without a gradient."""
        self.marked.extend(tensors)

    def set_materialize_grads(self, value: bool) -> None:
        """Cotangents are always there."""


@dataclass(frozen=True)
class ContextPair:
    """A class with static forward(ctx, ...) and backward(ctx, grad_output), as torch has them."""

    kind: Any
    settings: Values
    held: tuple[Held, ...] = ()
    draws: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the class."""
        return str(self.kind.__name__)

    def _skip(self) -> int:
        return 0 if "setup_context" in vars(self.kind) else 1

    @property
    def formals(self) -> tuple[Formal, ...]:
        """The arguments of forward after ctx."""
        return tuple(formals_of(self.kind.forward, self._skip(), True))

    @property
    def roles(self) -> Roles:
        """What backward takes after ctx."""
        return roles_of(self.kind.backward, 1, tuple(f.name for f in self.formals))

    @property
    def code(self) -> Callable[..., Any]:
        """The forward."""
        return self.kind.forward  # type: ignore[no-any-return]

    @property
    def functions(self) -> list[Any]:
        """The functions of which it consists."""
        return [self.kind.forward, self.kind.backward]

    def holds(self, values: Values) -> list[Held]:
        """The arrays of the modules of both."""
        return held_in(None, self._around(), [f.name for f in self.formals], frozenset())

    def holding(self, held: Sequence[Held], draws: Sequence[str] = ()) -> ContextPair:
        """The same, these arrays, and what forward draws at random, being arguments."""
        return replace(self, held=tuple(held), draws=tuple(draws))

    def _around(self) -> Spaces:
        return spaces_of([self.kind.forward, self.kind.backward], [self.kind])

    def outside(self, values: Values) -> AbstractContextManager[None]:
        """For this time the modules keep these values."""
        return keeping(self._around(), self.held, values)

    def again(self) -> None:
        """Functions keep nothing."""

    def start(self, values: Values) -> Session:
        """Run the forward with a ctx of ours."""
        given = {**fresh(self.settings), **values}
        forward = {f.name: given[f.name] for f in self.formals if f.name in given}
        context = Context(needs_input_grad=(True,) * len(self.formals))
        with self.outside(values), self.running(values) as dressed:
            forward = {name: dressed(value) for name, value in forward.items()}
            if not self._skip():
                output = self.kind.forward(**forward)
                self.kind.setup_context(context, tuple(forward.values()), output)
            else:
                output = self.kind.forward(context, **forward)
        return ContextSession(self, context, bare(output), values)

    @contextmanager
    def running(self, values: Values) -> Iterator[Callable[[Any], Any]]:
        """For this time symbolic arrays are torch tensors, where the code is torch code."""
        space = self.kind.forward.__globals__
        if uses_torch(space) and any(isinstance(v, Array) for v in values.values()):
            with rebound(space):
                yield wrapped
        else:
            yield lambda value: value

    def lift(self, array: Any) -> Any:
        """A torch tensor that shares the memory, where the code is torch code."""
        if not uses_torch(self.kind.forward.__globals__):
            return array
        import torch  # the audited code has loaded it

        return torch.from_numpy(array) if isinstance(array, np.ndarray) else array


@dataclass
class ContextSession:
    """A forward that was run, and its ctx."""

    pair: ContextPair
    context: Context
    output: Any
    given: Values

    def saved(self) -> dict[str, Any]:
        """The arrays in ctx, and the output."""
        held = {**reachable(self.context, "ctx"), "the output": self.output}
        return {path: bare(array) for path, array in held.items()}

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """The gradients, one for each argument of the forward."""
        formals = [f.name for f in self.pair.formals]
        with self.pair.outside(self.given), self.pair.running(self.given) as dressed:
            result = bare(self.pair.kind.backward(self.context, dressed(cotangent)))
        own = [n for n in wanted if n in formals]
        others = [n for n in wanted if n not in formals]
        return returned(result, own, formals, self.given, others)
