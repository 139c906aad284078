"""Code in other arrangements than forward and backward => a class or a pair that has them: methods
of other names, a derivative that takes no cotangent, a loss that returns its gradients with it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import update_wrapper
from inspect import Parameter
from typing import Any

import numpy as np

from .forwarded import RoleError

Function = Callable[..., Any]

_DERIVATIVE = re.compile(r"(?i).*(grad|prime|deriv|diff)\w*|d_?[a-z]\w*")
_BACKWARD = re.compile(r"(?i).*(backward|bwd|bprop|back_?prop|vjp|pullback)\w*")
_COTANGENT = re.compile(r"(?i)d(_?(out|y|z|o|l|h|a|s|loss))?\w{0,4}|g|gy|dout\w*|grad\w*|\w+_grad"
                        r"|upstream\w*|delta\w*|cotangent")  # fmt: skip
_OUTPUT = re.compile(r"(?i)o|s|a|out|outputs?|results?|activations?|act|y_?hat|value")
_SAID = "symderive_assumed"
_NAMES_OF_OUTPUT = ("y", "out", "output", "result")


def methods(kind: type, forward: str, backward: str = "") -> type:
    """The class with these methods as its forward and backward; without a second one, the first
    returns the gradients beside its loss."""
    names = [forward, backward] if backward else [forward]
    found = {n: inspect.getattr_static(kind, n) for n in names}
    own: dict[str, Any] = {"__module__": kind.__module__}
    if backward:
        own |= {"forward": found[forward], "backward": _second(kind, found[forward], names)}
    else:
        first, second = _both(getattr(kind, forward), _skipped(found[forward]))
        own |= {"forward": _placed(first, found[forward]), "backward": second}
    called = ", ".join(f"{kind.__name__}.{n}" for n in names)
    return type(kind)(called, (kind,), own)


def functions(forward: Function, backward: Function) -> tuple[Function, Function]:
    """The two, where backward takes no cotangent, with one that does."""
    known = _formals(forward, 0)
    if not is_derivative(backward, 0, known):
        return forward, backward
    return forward, times_cotangent(backward, 0, known)


def loss_with_gradients(function: Function) -> tuple[Function, Function]:
    """A function that returns (loss, gradients), as a pair."""
    return _both(function, 0)


def owner_of(method: Any) -> type | None:
    """The class in whose body a function stands; None for what stands in a module."""
    *path, _ = getattr(method, "__qualname__", "").split(".")
    held: Any = getattr(method, "__globals__", {})
    for name in path:
        held = held.get(name) if isinstance(held, Mapping) else getattr(held, name, None)
    return held if path and isinstance(held, type) else None


def is_derivative(function: Function, skip: int, forward: Sequence[str]) -> bool:
    """True for what takes the point and no cotangent: grad(x), tanh_prime(z), loss_grad(y, t)."""
    name = getattr(function, "__name__", "")
    own = _formals(function, skip)
    if not own or len(own) > len(forward) + 1 or _BACKWARD.fullmatch(name):
        return False
    if any(_COTANGENT.fullmatch(n) and n not in forward for n in own):
        return False
    return all(n in forward for n in own) or _DERIVATIVE.fullmatch(name) is not None


def times_cotangent(function: Function, skip: int, forward: Sequence[str]) -> Function:
    """The derivative as a backward: what it returns, times the cotangent."""
    roles = _roles(_formals(function, skip), forward)
    cotangent = next(n for k in range(99) if (n := f"dout{k or ''}") not in forward)

    def backward(*given: Any) -> Any:
        own, (dout, *values) = given[:skip], given[skip:]
        return _times(dout, function(*own, *values))

    names = [*(["self"] if skip else []), cotangent, *roles]
    made = _signed(backward, function, names)
    given = ", ".join("the output" if r not in forward else r for r in roles)
    made.__dict__[_SAID] = (
        f"{function.__name__} takes no cotangent: it is given {given}, and its result is "
        "multiplied by the cotangent"
    )
    return made


def assumed_of(functions: Iterable[Any]) -> list[str]:
    """What was assumed to arrange functions as a forward and a backward."""
    own = [getattr(f, "__func__", f) for f in functions]
    return [f.__dict__[_SAID] for f in own if _SAID in getattr(f, "__dict__", {})]


def _roles(names: Sequence[str], forward: Sequence[str]) -> list[str]:
    """Which value each parameter of a derivative is given: by name, else the output where its name
    says so, else by place."""
    output = next(n for n in _NAMES_OF_OUTPUT if n not in forward)
    free = [n for n in forward if n not in names]
    found = []
    for name in names:
        if name in forward:
            found.append(name)
        elif _OUTPUT.fullmatch(name) or not free:
            found.append(output)
        else:
            found.append(free.pop(0))
    if len(set(found)) < len(found):
        raise RoleError(f"it is not clear what the derivative takes: ({', '.join(names)})")
    return found


def _second(kind: type, forward: Any, names: Sequence[str]) -> Any:
    held = inspect.getattr_static(kind, names[1])
    known = _formals(getattr(kind, names[0]), _skipped(forward))
    function, skip = getattr(kind, names[1]), _skipped(held)
    if not is_derivative(function, skip, known) or "ctx" in _formals(function, 0)[:1]:
        return held
    return _placed(times_cotangent(function, skip, known), held)


def _both(function: Function, skip: int) -> tuple[Function, Function]:
    def forward(*given: Any, **named: Any) -> Any:
        return _loss_first(function(*given, **named), function.__name__)

    def backward(*given: Any) -> Any:
        dout, cache = given[-2:]
        return _times(dout, cache)

    update_wrapper(forward, function)
    names = [*(["self"] if skip else []), "dout", "cache"]
    return forward, _signed(backward, function, names)


def _loss_first(result: Any, name: str) -> tuple[Any, Any]:
    """The loss, which is the number among the results, and the others."""
    entries = list(result) if isinstance(result, (tuple, list)) else []
    numbers = [k for k, e in enumerate(entries) if _is_array(e) and not np.shape(e)]
    if not numbers or len(entries) < 2:
        raise RoleError(f"{name} returns no number with gradients beside it, as (loss, dx)")
    rest = [e for k, e in enumerate(entries) if k != numbers[0]]
    return entries[numbers[0]], rest[0] if len(rest) == 1 else tuple(rest)


def _is_array(value: Any) -> bool:
    return value is not None and not isinstance(value, (Mapping, list, tuple, str))


def _times(dout: Any, gradient: Any) -> Any:
    """A cotangent times derivatives: elementwise, or through a Jacobian with the output's axes
    first."""
    if isinstance(gradient, Mapping):
        return {key: _times(dout, held) for key, held in gradient.items()}
    if isinstance(gradient, (tuple, list)):
        return tuple(_times(dout, held) for held in gradient)
    if gradient is None:
        return None
    has, wants = np.shape(gradient), np.shape(dout)
    if not wants or len(has) <= len(wants):
        return dout * gradient
    if len(has) == len(wants) + 1:
        return np.sum(np.expand_dims(dout, -1) * gradient, axis=-2)
    raise RoleError(
        f"the derivative has {len(has)} axes where the output has {len(wants)}: it may be "
        "elementwise, or the Jacobian of each row"
    )


def _signed(made: Function, origin: Function, names: Sequence[str]) -> Function:
    """The function under the name of another one, with these parameters."""
    update_wrapper(made, origin)
    parameters = [Parameter(n, Parameter.POSITIONAL_OR_KEYWORD) for n in names]
    made.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return made


def _placed(made: Function, like: Any) -> Any:
    """As a static method where the other one is."""
    return staticmethod(made) if isinstance(like, staticmethod) else made


def _skipped(held: Any) -> int:
    return 0 if isinstance(held, staticmethod) else 1


def _formals(function: Function, skip: int) -> list[str]:
    """The arguments that must be given."""
    found = list(inspect.signature(function).parameters.values())[skip:]
    return [
        p.name
        for p in found
        if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)
    ]
