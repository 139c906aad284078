"""The scalar functions to any number of digits, for `Evaluator` to work with mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from ..index.evaluate import Functions
from ..index.functions import Function

Array = Any

SPARE = 10  # digits that rounding may eat before a step counts as wrong


class Arithmetic:
    """mpmath at a fixed number of digits, in a context of its own: the user's stays as it is."""

    def __init__(self, digits: int) -> None:
        import mpmath  # type: ignore[import-untyped]  # comes with SymPy; the quick certificate does without it

        self.digits = digits
        self.context = mpmath.mp.clone()
        self.context.dps = digits
        self.tolerance = 10.0 ** (SPARE - digits)
        self.functions = Functions(
            self._find,
            self.context.convert,
            {"pi": +self.context.pi, "inf": self.context.inf},
            self._power(),
        )

    def lift(self, array: Array) -> Array:
        """Real numbers become mpmath's, exactly; integers stay what they are."""
        array = np.asarray(array)
        if array.dtype.kind in "iubO":
            return array
        return self.lowered(array.astype(float))

    def lowered(self, array: Array) -> Array:
        """Numbers of another precision, rounded to this one."""
        found = np.empty(np.shape(array), dtype=object)
        for where in np.ndindex(found.shape):
            found[where] = self.context.mpf(array[where])
        return found

    def _find(self, function: Function) -> Callable[..., Array] | None:
        """What mpmath has, by element; None where the definition stands for it."""
        name = function.called("mpmath")
        found = partial(name, self.context) if callable(name) else getattr(self.context, name, None)
        return found and self._by_element(found, function.arity)

    def _power(self) -> Callable[[Any, Any], Array]:
        """Powers; 1/0 is infinite and a root of less than 0 is NaN, as in floating point, where a
        choice may leave them out.
        """

        def power(base: Any, exponent: Any) -> Any:
            if base == 0 and exponent < 0:
                return self.context.inf
            value = base**exponent
            return value if self.context.im(value) == 0 else self.context.nan

        by_element: Callable[[Any, Any], Array] = np.frompyfunc(power, 2, 1)
        return by_element

    def _by_element(self, function: Callable[..., Any], arity: int) -> Callable[..., Array]:
        nan, real = self.context.nan, self.context.mpf

        def guarded(*args: Any) -> Any:
            value = function(*(real(a) for a in args))
            return (
                value if isinstance(value, real) else nan
            )  # a complex value lies outside the function's domain

        by_element: Callable[..., Array] = np.frompyfunc(guarded, arity, 1)
        return by_element


@cache
def arithmetic(digits: int) -> Arithmetic:
    """The arithmetic of so many digits."""
    return Arithmetic(digits)


def as_float(array: Array) -> Array:
    """mpmath numbers rounded to float64; beyond its range they become infinite."""
    return np.asarray(array, dtype=float)


def largest(array: Array) -> float:
    """The largest absolute value, 0 for an empty array, NaN where any is NaN."""
    values = np.asarray(np.abs(np.asarray(array)), dtype=float)
    return float(np.max(values)) if values.size else 0.0
