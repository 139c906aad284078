"""The short ways into the compiled modules: float32 first, then float64, then Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .runtime import Array, Caller, Compile, Plan

VALUE, FORWARD, BACKWARD = range(3)  # as templates/c/boundary/entry.c.j2 has them


class Entries:
    """Objects of C that run a call from end to end where its shapes were met before.

    saved: for each residual, whether it is an input, and which input or which result.
    slow: takes every other call.
    """

    def __init__(
        self,
        caller: Caller,
        mode: int,
        saved: tuple[tuple[bool, int], ...],
        numbers: tuple[float, ...],
        slow: Callable[..., Any],
        compile_for: Compile,
    ) -> None:
        self.caller, self.mode, self.saved = caller, mode, saved
        self.numbers, self.slow, self.compile_for = numbers, slow, compile_for
        self.kinds = "".join("rt"[a.tensor.domain.is_label] for a in caller.arguments)
        self.double: Any = None
        self.first = self._entry(np.dtype(np.float32))
        caller.remember = self.remember

    def _entry(self, dtype: np.dtype[Any]) -> Any:
        make, caller = self.compile_for(dtype).entry, self.caller
        name, read = caller.signature.name, caller.read
        return make(name, self.mode, self.kinds, read, self.saved, self.numbers, self.slow)

    def remember(self, arrays: tuple[Array, ...], plan: Plan) -> None:
        """From now on, calls with arrays like these take the short way."""
        entry = self.first
        if plan.dtype == np.float64:
            if self.double is None:
                self.double = self._entry(plan.dtype)
                self.first.slow = self.double
            entry = self.double
        bounds = tuple(self.caller.bound(a, arrays) for a in self.caller.arguments)
        below = tuple(-1 if b is None else b for b in bounds)
        entry.remember(tuple(a.shape for a in arrays), plan.shapes, plan.lengths, below)
