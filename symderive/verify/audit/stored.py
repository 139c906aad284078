"""Where a layer leaves its gradients: in self.dW, in self.grads, in .grad of a parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...frontends.array import Array
from ...index.nodes import ZERO
from .collect import Left, has_shape, is_array, is_gradient, same, spellings


class Before:
    """What a layer holds before its backward runs: a step self.dt that the constructor was given is
    no gradient of an argument t."""

    def __init__(self, layer: Any) -> None:
        held = [(f"self.{n}", v) for n, v in _attributes(layer)]
        held += [
            (f"{p}[{k!r}]", v) for p, m in held if isinstance(m, Mapping) for k, v in m.items()
        ]
        self._held = {path: (value, _content(value)) for path, value in held}

    def is_assigned(self, path: str, held: Any, value: Any) -> bool:
        """True for what backward put there, and for zeros of the argument's shape, which it may
        have added to."""
        old, content = self._held.get(path, (None, None))
        if old is not held:
            return True
        if not is_array(held):
            return bool(held == 0) and has_shape(np.float64(0), value)
        changed = held.value is not content if isinstance(held, Array) else not same(held, content)
        return has_shape(held, value) and (changed or _is_zero(held))


def _attributes(layer: Any) -> list[tuple[str, Any]]:
    return list(vars(layer).items()) if hasattr(layer, "__dict__") else []


def _content(value: Any) -> Any:
    """What an array holds now, whatever is written to it later."""
    if isinstance(value, Array):
        return value.value
    return value.copy() if isinstance(value, np.ndarray) else None


def _is_zero(held: Any) -> bool:
    return held.value is ZERO if isinstance(held, Array) else not np.any(held)


def stored(
    layer: Any, values: Mapping[str, Any], wanted: Sequence[str], before: Before
) -> dict[str, Left]:
    """The gradients that backward leaves in the layer."""
    found: dict[str, Left] = {}
    for name in wanted:
        for look in _PLACES:
            left = look(layer, name, values[name], before)
            if left is not None:
                found[name] = left
                break
    return found


def _in_grads(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.params and self.grads, lists in step or dictionaries of one set of keys."""
    params, grads = getattr(layer, "params", None), getattr(layer, "grads", None)
    if isinstance(grads, Mapping):
        for key, held in grads.items():
            known = params.get(key) if isinstance(params, Mapping) else None
            if same(known, value) or (known is None and str(key).lower() in spellings(name)):
                return Left(held, f"self.grads[{key!r}]")
    if isinstance(grads, (list, tuple)) and isinstance(params, (list, tuple)):
        for place, known in enumerate(params):
            if same(known, value) and place < len(grads):
                return Left(grads[place], f"self.grads[{place}]")
    return None


def _as_attribute(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.dW for self.W."""
    held = dict(_attributes(layer))
    bases = [name, *(n for n, v in held.items() if v is value)]
    spelled = [s for base in bases for s in spellings(base)[:-1]]
    for attribute in sorted(
        held, key=lambda n: spelled.index(n.lower()) if n.lower() in spelled else 99
    ):
        path, gradient = f"self.{attribute}", held[attribute]
        if attribute.lower() not in spelled or not is_gradient(gradient):
            continue
        if before.is_assigned(path, gradient, value):
            return Left(gradient, path)
    return None


def _of_parameter(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.W.grad for a self.W that holds the array."""
    for attribute, held in _attributes(layer):
        gradient = getattr(held, "grad", None) if not is_array(held) else None
        inside = vars(held).values() if hasattr(held, "__dict__") else ()
        if is_gradient(gradient) and any(same(v, value) for v in inside):
            return Left(gradient, f"self.{attribute}.grad")
    return None


def _in_a_mapping(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.g["W"] or self.gradients["dW"]: dictionaries, by what they and their keys are called."""
    for attribute, held in _attributes(layer):
        if not isinstance(held, Mapping) or attribute == "params":
            continue
        spelled = spellings(name) if attribute.lower().startswith("g") else spellings(name)[:-1]
        for key, gradient in held.items():
            path = f"self.{attribute}[{key!r}]"
            if str(key).lower() not in spelled or not is_gradient(gradient):
                continue
            if before.is_assigned(path, gradient, value):
                return Left(gradient, path)
    return None


_PLACES: tuple[Callable[[Any, str, Any, Before], Left | None], ...] = (
    _in_grads,
    _as_attribute,
    _of_parameter,
    _in_a_mapping,
)
