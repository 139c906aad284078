"""The scalar functions to any number of digits, for `Evaluator` to work with mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from ..index.evaluate import Functions

Array = Any

SPARE = 10  # digits that rounding may eat before a step counts as wrong

_ALIKE = (
    *("exp", "log", "log1p", "expm1", "tanh", "sinh", "cosh", "sin", "cos", "tan"),
    *("erf", "erfc", "sign", "floor", "ceil"),
)
_NAMES = {
    **{name: name for name in _ALIKE},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
    "abs": "fabs",
    "round": "nint",
}


def _relative(mp: Any, u: Any, v: Any) -> Any:
    if u < 0 or v < 0 or (v == 0 and u > 0):
        return mp.inf
    return mp.mpf(0) if u == 0 and v == v else u * mp.log(u / v)


_GUARDED: dict[str, Callable[..., Any]] = {  # with what NumPy and SciPy say of 0
    "hypot": lambda mp, u, v: mp.hypot(u, v),
    "heaviside": lambda mp, u, v: v if u == 0 else (1 + mp.sign(u)) / 2,
    "floor_divide": lambda mp, u, v: mp.floor(u / v) if v != 0 else u * mp.inf,
    "remainder": lambda mp, u, v: u - v * mp.floor(u / v) if v != 0 else mp.nan,
    "xlogy": lambda mp, u, v: mp.mpf(0) if u == 0 and v == v else u * mp.log(v),
    "xlog1py": lambda mp, u, v: mp.mpf(0) if u == 0 and v == v else u * mp.log1p(v),
    "entr": lambda mp, u: -mp.inf if u < 0 else mp.mpf(0) if u == 0 else -u * mp.log(u),
    "rel_entr": _relative,
    "kl_div": lambda mp, u, v: _relative(mp, u, v) - u + v,
}


class Arithmetic:
    """mpmath at a fixed number of digits, in a context of its own: the user's stays as it is."""

    def __init__(self, digits: int) -> None:
        import mpmath  # type: ignore[import-untyped]  # comes with SymPy; the quick certificate does without it

        self.digits = digits
        self.context = mpmath.mp.clone()
        self.context.dps = digits
        self.tolerance = 10.0 ** (SPARE - digits)
        self.functions = Functions(
            self._table(),
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

    def _table(self) -> dict[str, Callable[..., Array]]:
        mp = self.context
        single = {ours: getattr(mp, theirs) for ours, theirs in _NAMES.items()}
        single["sigmoid"] = lambda u: 1 / (1 + mp.exp(-u))
        single["erfcx"] = lambda u: mp.exp(u * u) * mp.erfc(u)
        single["log_ndtr"] = lambda u: mp.log(mp.erfc(-u / mp.sqrt(2)) / 2)
        single["log1mexp"] = lambda u: mp.log(-mp.expm1(u)) if u else -mp.inf
        single["logaddexp"] = lambda u, v: max(u, v) + mp.log1p(mp.exp(-abs(u - v)))
        single |= {name: partial(f, mp) for name, f in _GUARDED.items()}
        single["maximum"], single["minimum"] = max, min
        two = {"logaddexp", "maximum", "minimum", "arctan2", *_GUARDED} - {"entr"}
        return {name: self._by_element(f, 2 if name in two else 1) for name, f in single.items()}

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
