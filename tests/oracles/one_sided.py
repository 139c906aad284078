"""One-sided derivatives of a line of NumPy in 50 digits, which know nothing of symderive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mpmath
import numpy as np

Array = Any
STEP = mpmath.mpf(10) ** -14
CLOSE = 1e-9  # what a step leaves of the next order, or a kink makes of it
REAL = mpmath.mp.clone()
REAL.dps = 60


class Digits:
    """NumPy's names on arrays of many digits."""

    pi, inf = REAL.pi, REAL.inf

    def __getattr__(self, name: str) -> Any:
        return _BY_ELEMENT.get(name) or getattr(np, name)


def _by_element(function: Callable[..., Any], arity: int = 1) -> Callable[..., Array]:
    def each(*values: Any) -> Any:
        try:
            found = function(*map(REAL.mpf, values))
        except (ZeroDivisionError, ValueError):
            return REAL.nan
        return found if isinstance(found, REAL.mpf) else REAL.nan

    return np.frompyfunc(each, arity, 1)


def _where(condition: Array, a: Array, b: Array) -> Array:
    return np.where(np.asarray(condition, bool), a, b)


_BY_ELEMENT: dict[str, Callable[..., Array]] = {
    name: _by_element(getattr(REAL, name))
    for name in ("exp", "expm1", "log1p", "tanh", "sqrt", "cosh", "sinh", "sin", "cos", "sign")
} | {
    "log": _by_element(lambda u: REAL.log(u) if u else -REAL.inf),
    "arctan": _by_element(REAL.atan),
    "abs": _by_element(abs),
    "maximum": _by_element(max, 2),
    "minimum": _by_element(min, 2),
    "power": _by_element(lambda a, b: a**b, 2),
    "hypot": _by_element(REAL.hypot, 2),
    "logaddexp": _by_element(lambda a, b: REAL.log(REAL.exp(a) + REAL.exp(b)), 2),
    "heaviside": _by_element(lambda u, h: h if u == 0 else REAL.mpf(int(u > 0)), 2),
    "clip": lambda u, low, high: DIGITS.minimum(DIGITS.maximum(u, low), high),
    "where": _where,
}
DIGITS = Digits()


def function(text: str, names: tuple[str, ...], library: Any = np) -> Callable[..., Array]:
    """The function of these arguments whose one line is the text."""
    made: Callable[..., Array] = eval(f"lambda {', '.join(names)}: {text}", {"np": library})
    return made


def slopes(text: str, inputs: Mapping[str, Array], order: int = 1) -> dict[str, Array]:
    """d^k Σ f / dx_e^k of each element of each input; NaN where left and right differ.

    The second is that of the first: NaN as well where the first differs.
    """
    loss = function(text, tuple(inputs), DIGITS)
    exact = {n: np.vectorize(REAL.mpf, otypes=[object])(np.asarray(x)) for n, x in inputs.items()}

    def along(name: str, place: tuple[int, ...], sign: int) -> list[Any]:
        found = []
        for k in range(order + 2):
            moved = exact[name].copy()
            moved[place] = moved[place] + sign * k * STEP
            found.append(np.sum(loss(**{**exact, name: moved})))
        return found

    def slope(name: str, place: tuple[int, ...]) -> float:
        return _both([along(name, place, sign) for sign in (1, -1)], order)

    return {
        name: np.array([slope(name, p) for p in np.ndindex(x.shape)]).reshape(x.shape)
        for name, x in exact.items()
    }


def _both(sides: list[list[Any]], order: int) -> float:
    first = [float((f[1] - f[0]) / STEP) * s for f, s in zip(sides, (1, -1), strict=True)]
    if order == 1 or abs(first[0] - first[1]) > CLOSE * (1 + abs(first[0])):
        return _agreed(first)
    return _agreed([float((f[2] - 2 * f[1] + f[0]) / STEP**2) for f in sides])


def _agreed(values: list[float]) -> float:
    return values[0] if abs(values[0] - values[1]) <= CLOSE * (1 + abs(values[0])) else np.nan
