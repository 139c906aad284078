"""What `torch` is while code runs symbolically: its names in the code's module are rebound."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Any

from ..frontends.context import current
from .torch_tensor import FUNCTIONS, TorchTensor

_PLAIN: dict[str, Any] = {
    "pi": math.pi, "inf": math.inf, "e": math.e, "Tensor": TorchTensor, "no_grad": nullcontext,
    "float32": "float64", "float64": "float64", "double": "float64", "long": "int64",
    "is_tensor": lambda x: isinstance(x, TorchTensor),
}  # fmt: skip
_INNER = ("nn", "functional", "special", "linalg")


class Shim:
    """Stands for torch and its submodules."""

    def __getattr__(self, name: str) -> Any:
        if name in _INNER:
            return self
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in _PLAIN:
            return _PLAIN[name]
        raise current().unsupported(f"torch.{name} is not supported in an audit")


def uses_torch(space: dict[str, Any]) -> bool:
    """True where a module's names hold torch."""
    return "torch" in sys.modules and any(_of_torch(v) for v in space.values())


def _of_torch(value: Any) -> bool:
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    return str(name).split(".")[0] == "torch" or _is_builtin(value)


def _is_builtin(value: Any) -> bool:
    """torch.exp and its like, which name no module."""
    name = getattr(value, "__name__", None)
    return isinstance(name, str) and getattr(sys.modules.get("torch"), name, None) is value


@contextmanager
def rebound(space: dict[str, Any]) -> Iterator[None]:
    """For this time torch, and what was imported from it, is the shim; classes stay."""
    before = {n: v for n, v in space.items() if _of_torch(v) and not isinstance(v, type)}
    shim = Shim()
    for name, value in before.items():
        plain = name if isinstance(value, ModuleType) else getattr(value, "__name__", name)
        space[name] = shim if isinstance(value, ModuleType) else getattr(shim, plain)
    try:
        yield
    finally:
        space.update(before)
