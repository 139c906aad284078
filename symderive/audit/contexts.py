"""A class with static forward(ctx, ...) and backward(ctx, grad_output), as torch.autograd wants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..frontends.array import Array
from .collect import Left, reachable
from .drawn import giving
from .held import Held, Spaces, held_in, keeping, spaces_of
from .real import as_numpy
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

    @property
    def first(self) -> Callable[..., Any]:
        """The forward, without its decorators: no_grad and custom_fwd change no number here."""
        function: Callable[..., Any] = inspect.unwrap(self.kind.forward)
        return function

    @property
    def second(self) -> Callable[..., Any]:
        """The backward, without its decorators."""
        function: Callable[..., Any] = inspect.unwrap(self.kind.backward)
        return function

    def _skip(self) -> int:
        return 0 if "setup_context" in vars(self.kind) else 1

    @property
    def formals(self) -> tuple[Formal, ...]:
        """The arguments of forward after ctx."""
        return tuple(formals_of(self.first, self._skip(), True))

    @property
    def roles(self) -> Roles:
        """What backward takes after ctx."""
        return roles_of(self.second, 1, tuple(f.name for f in self.formals))

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

    def holding(self, held: Sequence[Held], draws: Sequence[str] = ()) -> ContextPair:
        """The same, these arrays, and what forward draws at random, being arguments."""
        return replace(self, held=tuple(held), draws=tuple(draws))

    def _around(self) -> Spaces:
        return spaces_of([self.first, self.second], [self.kind])

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
        draws = giving([values[n] for n in self.draws])
        with self.outside(values), draws, self.running(values) as dressed:
            forward = {name: dressed(value) for name, value in forward.items()}
            if not self._skip():
                output = self.first(**forward)
                self.kind.setup_context(context, tuple(forward.values()), output)
            else:
                output = self.first(context, **forward)
        return ContextSession(self, context, bare(output), values)

    @contextmanager
    def running(self, values: Values) -> Iterator[Callable[[Any], Any]]:
        """For this time symbolic arrays are torch tensors, where the code is torch code."""
        space = self.code.__globals__
        if uses_torch(space) and any(isinstance(v, Array) for v in values.values()):
            with rebound(space):
                yield wrapped
        else:
            yield lambda value: value

    def lift(self, array: Any) -> Any:
        """A torch tensor that shares the memory, where the code is torch code."""
        if not uses_torch(self.code.__globals__):
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
            result = bare(self.pair.second(self.context, dressed(cotangent)))
        own = [n for n in wanted if n in formals]
        others = [n for n in wanted if n not in formals]
        found = returned(result, own, formals, self.given, others)
        if not uses_torch(self.pair.code.__globals__):
            return found
        return {n: Left(reduced(g.array, self.given[n]), g.where) for n, g in found.items()}


def reduced(gradient: Any, value: Any) -> Any:
    """A gradient that was broadcast, summed to the shape of its argument, as torch does it."""
    symbolic = isinstance(gradient, Array)
    if not symbolic and not hasattr(gradient, "shape"):
        return gradient
    array = gradient if symbolic else as_numpy(gradient)
    own, wanted = array.shape, value.shape
    more = len(own) - len(wanted)
    if more < 0:
        return gradient
    ones = [k + more for k, n in enumerate(wanted) if _is_one(n) and not _is_one(own[k + more])]
    if not more and not ones:
        return gradient
    alike = all(
        _is_one(n) or own[k + more] is n or _same(own[k + more], n) for k, n in enumerate(wanted)
    )
    if not alike:
        return gradient
    kept = np.sum(array, axis=tuple(ones), keepdims=True) if ones else array
    return np.sum(kept, axis=tuple(range(more))) if more else kept


def _is_one(length: Any) -> bool:
    return isinstance(length, int) and length == 1


def _same(left: Any, right: Any) -> bool:
    """Lengths, which are arrays without axes where they are symbolic."""
    if isinstance(left, Array) and isinstance(right, Array):
        return left.value is right.value
    return type(left) is type(right) and bool(left == right)
