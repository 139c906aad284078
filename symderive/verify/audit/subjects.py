"""The audited code, made to run: a layer class, a pair of functions, a torch.autograd.Function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...errors import InputError, InputTypeError
from ...index.domains import Domain
from .collect import Left, reachable, returned, stored
from .roles import Roles, roles_of

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Formal:
    """An argument that the code takes: of its constructor or of its forward."""

    name: str
    of_forward: bool
    required: bool


class Session(Protocol):
    """One forward that was run, and the backward that may be run on it."""

    output: Any

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

    def start(self, values: Values) -> Session:
        """Run the forward."""

    def lift(self, array: Any) -> Any:
        """A NumPy array as what the code takes."""


def formals_of(function: Callable[..., Any], skip: int, of_forward: bool) -> list[Formal]:
    """The arguments that can be given by name."""
    found = list(inspect.signature(function).parameters.values())[skip:]
    return [
        Formal(p.name, of_forward, p.default is p.empty)
        for p in found
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]


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
        given = {**self.settings, **values}
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
        result = self.made.backward(*roles.positional(cotangent, known))
        formals = [f.name for f in self.layer.formals if f.of_forward]
        order = [n for n in wanted if n in formals] + [n for n in wanted if n not in formals]
        own = [n for n in order if n in formals]
        many = isinstance(result, (tuple, list)) and len(result) > len(own)
        found = returned(result, order if many else own, formals)
        rest = [n for n in wanted if n not in found]
        return {**found, **stored(self.made, self.values, rest)}


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
        given = {**self.settings, **values}
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
        result = self.pair.second(*self.pair.roles.positional(cotangent, known))
        return returned(result, wanted, [f.name for f in self.pair.formals])


@dataclass
class Context:
    """Stands for the ctx of a torch.autograd.Function."""

    saved_tensors: tuple[Any, ...] = ()
    needs_input_grad: tuple[bool, ...] = ()
    marked: list[Any] = field(default_factory=list)

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

    def start(self, values: Values) -> Session:
        """Run the forward with a ctx of ours."""
        given = {**self.settings, **values}
        forward = {f.name: given[f.name] for f in self.formals if f.name in given}
        context = Context(needs_input_grad=(True,) * len(self.formals))
        if not self._skip():
            output = self.kind.forward(**forward)
            self.kind.setup_context(context, tuple(forward.values()), output)
        else:
            output = self.kind.forward(context, **forward)
        return ContextSession(self, context, output, forward)

    def lift(self, array: Any) -> Any:
        """NumPy arrays are what the code takes."""
        return array


@dataclass
class ContextSession:
    """A forward that was run, and its ctx."""

    pair: ContextPair
    context: Context
    output: Any
    given: Values

    def saved(self) -> dict[str, Any]:
        """The arrays in ctx, and the output."""
        return {**reachable(self.context, "ctx"), "the output": self.output}

    def backward(self, cotangent: Any, wanted: Sequence[str]) -> dict[str, Left]:
        """The gradients, one for each argument of the forward."""
        result = self.pair.kind.backward(self.context, cotangent)
        return returned(result, wanted, [f.name for f in self.pair.formals])


def subject_of(given: Any, settings: Values) -> Subject:
    """What a user handed in, as a subject."""
    if isinstance(given, (tuple, list)) and len(given) == 2 and all(map(callable, given)):
        return Pair(given[0], given[1], settings)
    if not isinstance(given, type):
        what = type(given).__name__
        advice = (
            "give the class, not an object of it"
            if hasattr(given, "backward")
            else ("give a class with forward and backward, or a pair (forward, backward)")
        )
        raise InputTypeError(f"audit cannot judge a {what}: {advice}")
    missing = [m for m in ("forward", "backward") if not callable(getattr(given, m, None))]
    if missing:
        raise InputError(f"{given.__name__} has no {' and no '.join(missing)}; an audit needs both")
    static = isinstance(inspect.getattr_static(given, "backward"), staticmethod)
    first = next(iter(inspect.signature(given.backward).parameters), "")  # type: ignore[attr-defined]
    if static and (first == "ctx" or "_is_legacy" in dir(given) or _is_torch(given)):
        return ContextPair(given, settings)
    return Layer(given, settings)


def _is_torch(kind: type) -> bool:
    return any(c.__module__.startswith("torch.autograd") for c in kind.__mro__)


def domains_for(subject: Subject, given: Mapping[str, str | Domain], settings: Values) -> None:
    """Refuse dims of what is no argument, and say which arguments want dims."""
    known = [f.name for f in subject.formals]
    unknown = [n for n in (*given, *settings) if n not in known]
    if unknown:
        takes = ", ".join(known) or "nothing"
        raise InputError(f"{subject.name} has no argument '{unknown[0]}'; it takes {takes}")
    lacking = [
        f for f in subject.formals if f.required and f.name not in given and f.name not in settings
    ]
    if lacking:
        places = ", ".join(
            f"{f.name} ({'forward' if f.of_forward else 'constructor'})" for f in lacking
        )
        first = lacking[0].name
        raise InputError(
            f'{subject.name} wants the dims of {places}: for example {first}="b n", '
            f'{first}="" for a scalar, or a plain value for a setting '
            f"(on the command line --dims '{first}=b n', --dims '{first}=', --set {first}=VALUE)"
        )
