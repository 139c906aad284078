"""Where hand-written code leaves its gradients: returned, in self.dW, in self.grads, in .grad."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError
from ...frontends.array import Array

DEEPEST = 4


@dataclass(frozen=True)
class Left:
    """A gradient, and where the code left it: "returned", "self.dW", "self.grads[0]"."""

    array: Any
    where: str


def is_array(value: Any) -> bool:
    """Symbolic, NumPy and torch arrays."""
    return isinstance(value, (Array, np.ndarray)) or hasattr(value, "detach")


def is_gradient(value: Any) -> bool:
    """An array, or a number: the gradient of a scalar."""
    return is_array(value) or isinstance(value, (np.generic, int, float))


def reachable(value: Any, path: str, deep: int = DEEPEST) -> dict[str, Any]:
    """Every array in an object, by how the code would write it."""
    if is_array(value):
        return {path: value}
    inside: Iterable[tuple[str, Any]] = ()
    if deep and isinstance(value, Mapping):
        inside = ((f"{path}[{key!r}]", held) for key, held in value.items())
    elif deep and isinstance(value, (list, tuple)):
        inside = ((f"{path}[{n}]", held) for n, held in enumerate(value))
    elif deep and hasattr(value, "__dict__") and not isinstance(value, type):
        inside = ((f"{path}.{name}", held) for name, held in vars(value).items())
    found: dict[str, Any] = {}
    for name, held in inside:
        found.update(reachable(held, name, deep - 1))
    return found


def same(left: Any, right: Any) -> bool:
    """The same array, or a copy of it."""
    if left is right:
        return True
    if isinstance(left, Array) and isinstance(right, Array):
        return left.value is right.value and left.axes == right.axes
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.shape == right.shape and left.size > 0 and bool(np.all(left == right))
    return False


def returned(result: Any, names: Sequence[str], formals: Sequence[str]) -> dict[str, Left]:
    """The gradients that backward returns.

    names: the arguments that a gradient is wanted of, the forward's first.
    formals: all arguments of the forward, for a result with one entry for each of them.
    """
    if result is None:
        return {}
    if isinstance(result, Mapping):
        return _by_name(result, names)
    if not isinstance(result, (tuple, list)):
        return {names[0]: Left(result, "returned")} if names else {}
    order = list(names) if len(result) <= len(names) else []
    if len(result) == len(formals) and len(result) != len(names):
        order = list(formals)
    if not order:
        raise InputError(
            f"backward returns {len(result)} values, but the dims name {len(names)} differentiable "
            f"arguments ({', '.join(names)}); name the dims of the others, too"
        )
    pairs = zip(order, result, strict=False)
    return {
        n: Left(g, f"returned[{k}]")
        for k, (n, g) in enumerate(pairs)
        if g is not None and n in names
    }


def _by_name(result: Mapping[Any, Any], names: Sequence[str]) -> dict[str, Left]:
    found = {}
    for name in names:
        for key, held in result.items():
            if str(key).lower() in _spellings(name):
                found[name] = Left(held, f"returned[{key!r}]")
    return found


def _spellings(name: str) -> list[str]:
    low = name.lower()
    return [f"d{low}", f"d_{low}", f"grad_{low}", f"{low}_grad", f"g_{low}", f"g{low}",
            f"grad{low}", f"delta_{low}", f"{low}grad", low]  # fmt: skip


def stored(layer: Any, values: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Left]:
    """The gradients that backward leaves in the layer."""
    found: dict[str, Left] = {}
    for name in wanted:
        for look in _PLACES:
            left = look(layer, name, values[name])
            if left is not None:
                found[name] = left
                break
    return found


def _in_grads(layer: Any, name: str, value: Any) -> Left | None:
    """self.params and self.grads, lists in step or dictionaries of one set of keys."""
    params, grads = getattr(layer, "params", None), getattr(layer, "grads", None)
    if isinstance(grads, Mapping):
        for key, held in grads.items():
            known = params.get(key) if isinstance(params, Mapping) else None
            if same(known, value) or (known is None and str(key).lower() in _spellings(name)):
                return Left(held, f"self.grads[{key!r}]")
    if isinstance(grads, (list, tuple)) and isinstance(params, (list, tuple)):
        for place, known in enumerate(params):
            if same(known, value) and place < len(grads):
                return Left(grads[place], f"self.grads[{place}]")
    return None


def _as_attribute(layer: Any, name: str, value: Any) -> Left | None:
    """self.dW for self.W."""
    held = vars(layer) if hasattr(layer, "__dict__") else {}
    bases = [name, *(n for n, v in held.items() if v is value)]
    spelled = [s for base in bases for s in _spellings(base)[:-1]]
    for attribute in sorted(
        held, key=lambda n: spelled.index(n.lower()) if n.lower() in spelled else 99
    ):
        if attribute.lower() in spelled and is_gradient(held[attribute]):
            return Left(held[attribute], f"self.{attribute}")
    return None


def _of_parameter(layer: Any, name: str, value: Any) -> Left | None:
    """self.W.grad for a self.W that holds the array."""
    for attribute, held in vars(layer).items() if hasattr(layer, "__dict__") else ():
        gradient = getattr(held, "grad", None) if not is_array(held) else None
        inside = vars(held).values() if hasattr(held, "__dict__") else ()
        if is_gradient(gradient) and any(same(v, value) for v in inside):
            return Left(gradient, f"self.{attribute}.grad")
    return None


def _in_a_mapping(layer: Any, name: str, value: Any) -> Left | None:
    """self.g["W"] or self.gradients["dW"]: dictionaries, by what they and their keys are called."""
    for attribute, held in vars(layer).items() if hasattr(layer, "__dict__") else ():
        if not isinstance(held, Mapping) or attribute == "params":
            continue
        spelled = _spellings(name) if attribute.lower().startswith("g") else _spellings(name)[:-1]
        for key, gradient in held.items():
            if str(key).lower() in spelled and is_gradient(gradient):
                return Left(gradient, f"self.{attribute}[{key!r}]")
    return None


_PLACES: tuple[Callable[[Any, str, Any], Left | None], ...] = (
    _in_grads,
    _as_attribute,
    _of_parameter,
    _in_a_mapping,
)
