"""Where a layer leaves its gradients: in self.dW, in self.grads, in .grad of a parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..frontends.array import Array
from ..index.nodes import ZERO
from .collect import (
    Left,
    attributes,
    has_shape,
    is_array,
    is_gradient,
    objects_in,
    plain,
    same,
    spellings,
)


class Before:
    """What a layer and its parts hold before its backward runs: a step self.dt that the constructor
    was given is no gradient of an argument t."""

    def __init__(self, layer: Any) -> None:
        self._held: dict[tuple[int, str], tuple[Any, Any]] = {}
        for part in objects_in(layer):
            held = [(f"self.{n}", v) for n, v in _attributes(part)]
            held += [
                (f"{p}[{k!r}]", v) for p, m in held if isinstance(m, Mapping) for k, v in m.items()
            ]
            self._held |= {(id(part), path): (value, _content(value)) for path, value in held}

    def is_assigned(self, part: Any, path: str, held: Any, value: Any) -> bool:
        """True for what backward put there, and for zeros of the argument's shape, which it may
        have added to."""
        old, content = self._held.get((id(part), path), (None, None))
        if old is not held:
            return True
        if not is_array(held):
            return bool(held == 0) and has_shape(np.float64(0), value)
        changed = held.value is not content if isinstance(held, Array) else not same(held, content)
        return has_shape(held, value) and (changed or _is_zero(held))


def _attributes(layer: Any) -> list[tuple[str, Any]]:
    return list(attributes(layer).items())


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
    """The gradients that backward leaves in the layer, or in the part of it that holds the
    argument."""
    found: dict[str, Left] = {}
    parts = list(objects_in(layer))
    for name in wanted:
        lefts = (
            look(part, name if part is layer else "", values[name], before)
            for part in parts
            for look in _PLACES
        )
        left = next((x for x in lefts if x is not None and x.array is not None), None)
        if left is not None:
            found[name] = left
    return found


def _in_grads(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.params and self.grads: lists in step or dictionaries of one set of keys, also within one
    another."""
    held = [(n, v) for n, v in _attributes(layer) if _holds(v)]
    grads = [(n, v) for n, v in held if _GRADIENTS.fullmatch(n.lower())]
    params = [(n, v) for n, v in held if not _GRADIENTS.fullmatch(n.lower())]
    for called, known in params:
        own = [(n, v) for n, v in held if plain(n).lower() in spellings(plain(called))[:-1]]
        for attribute, gradients in (*own, *grads):
            left = _in_step(known, gradients, value, f"self.{attribute}")
            if left is not None:
                return left
    return None


_GRADIENTS = re.compile(r"_*(d|d_?params?|d_?weights?|g|grads?\w*|gradients?\w*|\w*_?grads?)")


def _holds(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _in_step(params: Any, grads: Any, value: Any, path: str) -> Left | None:
    """What stands in `grads` where the value stands in `params`."""
    if isinstance(params, Mapping) and isinstance(grads, Mapping):
        pairs = [(k, v, _under(grads, k)) for k, v in params.items()]
    elif isinstance(params, (list, tuple)) and isinstance(grads, (list, tuple)):
        pairs = [(n, v, n) for n, v in enumerate(params) if n < len(grads)]
    else:
        return None
    for _, known, key in pairs:
        if key is None:
            continue
        where = f"{path}[{key!r}]"
        if _holds(known):
            inner = _in_step(known, grads[key], value, where)
            if inner is not None:
                return inner
        elif same(known, value) and is_gradient(grads[key]):
            return Left(grads[key], where)
    return None


def _under(grads: Mapping[Any, Any], key: Any) -> Any:
    """The key of the gradient of what has this key: itself, or dW for W."""
    own = [key, *(k for k in grads if str(k).lower() in spellings(str(key)))]
    return next((k for k in own if k in grads), None)


def _as_attribute(layer: Any, name: str, value: Any, before: Before) -> Left | None:
    """self.dW for self.W."""
    held = dict(_attributes(layer))
    bases = [b for b in (name, *(plain(n) for n, v in held.items() if v is value)) if b]
    spelled = [s for base in bases for s in spellings(base)[:-1]]
    called = {n: plain(n).lower() for n in held}
    for attribute in sorted(
        held, key=lambda n: spelled.index(called[n]) if called[n] in spelled else 99
    ):
        path, gradient = f"self.{attribute}", held[attribute]
        if called[attribute] not in spelled or not is_gradient(gradient):
            continue
        if before.is_assigned(layer, path, gradient, value):
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
        bases = [name, *(n for n, v in _named(layer) if same(v, value))]
        own = [spellings(b) for b in bases if b]
        wide = attribute.lower().startswith("g")
        spelled = {s for names in own for s in (names if wide else names[:-1])}
        for key, gradient in held.items():
            path = f"self.{attribute}[{key!r}]"
            if str(key).lower() not in spelled or not is_gradient(gradient):
                continue
            if before.is_assigned(layer, path, gradient, value):
                return Left(gradient, path)
    return None


def _named(layer: Any) -> Iterator[tuple[str, Any]]:
    """Arrays, by the name that the layer has for them: of an attribute, or the key of a mapping."""
    for attribute, held in _attributes(layer):
        if isinstance(held, Mapping):
            yield from ((str(k), v) for k, v in held.items() if is_array(v))
        elif is_array(held):
            yield attribute, held


_PLACES: tuple[Callable[[Any, str, Any, Before], Left | None], ...] = (
    _in_grads,
    _as_attribute,
    _of_parameter,
    _in_a_mapping,
)
