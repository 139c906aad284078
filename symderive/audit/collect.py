"""What a gradient is: an array, and where hand-written code left it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ..frontends.array import Array

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


def is_object(value: Any) -> bool:
    """True for what has attributes of the user's, and is no class, module or number."""
    if isinstance(value, (type, ModuleType, Array)):
        return False
    kind = type(value)
    return kind.__module__ != "builtins" and (
        hasattr(value, "__dict__") or "__slots__" in vars(kind)
    )


def attributes(value: Any) -> dict[str, Any]:
    """The attributes of an object, those in slots too."""
    kinds = type(value).__mro__
    slots = [n for k in kinds for n in _listed(vars(k).get("__slots__", ()))]
    held = {n: getattr(value, n) for n in slots if n != "__dict__" and hasattr(value, n)}
    return held | dict(getattr(value, "__dict__", {}))


def _listed(slots: Any) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def plain(name: str) -> str:
    """W for _W and for _Layer__W, which is how Python writes a private __W."""
    return _PRIVATE.sub("", name).strip("_") or name


_PRIVATE = re.compile(r"^_[A-Za-z]\w*?__(?=\w)")


def reachable(value: Any, path: str, deep: int = DEEPEST) -> dict[str, Any]:
    """Every array in an object, by how the code would write it."""
    if is_array(value):
        return {path: value}
    inside: Iterable[tuple[str, Any]] = ()
    if deep and isinstance(value, Mapping):
        inside = ((f"{path}[{key!r}]", held) for key, held in value.items())
    elif deep and isinstance(value, (list, tuple)):
        inside = ((f"{path}[{n}]", held) for n, held in enumerate(value))
    elif deep and is_object(value):
        inside = ((f"{path}.{name}", held) for name, held in attributes(value).items())
    found: dict[str, Any] = {}
    for name, held in inside:
        found.update(reachable(held, name, deep - 1))
    return found


def objects_in(value: Any, deep: int = DEEPEST) -> Iterator[Any]:
    """An object, and the objects in it that have attributes, lists and dictionaries looked into."""
    if isinstance(value, Mapping):
        inside: Iterable[Any] = value.values()
    elif isinstance(value, (list, tuple)):
        inside = value
    elif is_object(value):
        yield value
        inside = attributes(value).values()
    else:
        return
    for held in list(inside) if deep else ():
        if held is not value:
            yield from objects_in(held, deep - 1)


def same(left: Any, right: Any) -> bool:
    """The same array, or a copy of it."""
    if left is right:
        return True
    if isinstance(left, Array) and isinstance(right, Array):
        return left.value is right.value and left.axes == right.axes
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        return left.shape == right.shape and left.size > 0 and bool(np.all(left == right))
    return False


def spellings(name: str) -> list[str]:
    """What code calls the gradient of an argument; last, as the argument itself."""
    low = name.lower()
    return [f"d{low}", f"d_{low}", f"grad_{low}", f"{low}_grad", f"g_{low}", f"g{low}",
            f"grad{low}", f"delta_{low}", f"{low}grad", f"dld{low}", f"dl_d{low}", f"dloss_d{low}",
            low]  # fmt: skip


def has_shape(gradient: Any, value: Any) -> bool:
    """True where a gradient has the shape of the argument; nothing, or a number, fits all."""
    if gradient is None or type(gradient) in (int, float):
        return True
    if isinstance(value, Array):
        held = gradient.layout if isinstance(gradient, Array) else np.shape(gradient)
        return bool(held == value.layout)
    return tuple(np.shape(gradient)) == tuple(np.shape(value))
