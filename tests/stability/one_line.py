"""One-line functions at their special points: values and slopes by mpmath, from the text alone."""

from __future__ import annotations

import linecache
from typing import Any

import mpmath
import numpy as np
from scipy import special

import symderive as sd

DIGITS = 900  # so that the reference itself cancels to nothing
STEP = mpmath.mpf(10) ** -60
_OTHER = {"arctan": "atan", "arcsinh": "asinh", "arctanh": "atanh", "abs": "fabs"}


class _Exact:
    """NumPy's names for mpmath's functions."""

    pi = property(lambda self: +mpmath.pi)

    def __getattr__(self, name: str) -> Any:
        return getattr(mpmath, _OTHER.get(name, name))


class _Special:
    """SciPy's names for mpmath's functions."""

    erf, erfc = staticmethod(mpmath.erf), staticmethod(mpmath.erfc)

    @staticmethod
    def ndtr(x: Any) -> Any:
        return mpmath.erfc(-x / mpmath.sqrt(2)) / 2

    @classmethod
    def log_ndtr(cls, x: Any) -> Any:
        return mpmath.log(cls.ndtr(x))


def function_of(text: str) -> Any:
    """The text as a NumPy function of x, with its source where messages look for it."""
    file = f"<{text}>"
    source = f"def forward(x):\n    return {text}\n"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    space: dict[str, Any] = {"np": np, "special": special}
    exec(compile(source, file, "exec"), space)
    return space["forward"]


def truth(text: str, x: float) -> tuple[Any, Any]:
    """Value and slope, also where the text itself has 0 / 0 and the limit from both sides."""
    exact = eval(f"lambda x: {text}", {"np": _Exact(), "special": _Special()})
    with mpmath.workdps(DIGITS):
        at = mpmath.mpf(x)
        step = STEP * (abs(at) or 1)
        low, near, next_, high = (exact(at + k * step) for k in (-2, -1, 1, 2))
        slope = (low - 8 * near + 8 * next_ - high) / (12 * step)
        try:
            value = exact(at)
        except (ZeroDivisionError, ValueError):
            value = (4 * (near + next_) - low - high) / 6
        return value, slope


def errors(text: str, points: list[float], dtype: Any, target: str = "numpy") -> tuple[Any, ...]:
    """In eps, relative to the true number: errors of the value, of the author's own text, and of
    the slope, with how much a relative change of x changes the value."""
    x = np.array(points, dtype)
    kernel = sd.derive(function_of(text), x="n").build(target)
    with np.errstate(all="ignore"):
        y, residuals = kernel.fwd(x)
        (dx,) = kernel.bwd(residuals, np.ones_like(x))
        plain = function_of(text)(x)
    true = [truth(text, float(v)) for v in x]
    value, slope = [t[0] for t in true], [t[1] for t in true]
    condition = [
        abs(float(v * s / t)) if t else 0.0
        for v, s, t in zip(x.tolist(), slope, value, strict=True)
    ]
    columns = ((y, value), (plain, value), (dx, slope))
    return (
        *(np.array([_off(f, t, dtype) for f, t in zip(*c, strict=True)]) for c in columns),
        condition,
    )


def _off(found: Any, true: Any, dtype: Any) -> float:
    limits = np.finfo(dtype)
    if abs(true) > limits.max:
        return float("inf") if np.isnan(found) else 0.0
    if not np.isfinite(found):
        return float("inf")
    size = max(abs(true), mpmath.mpf(float(limits.tiny)))
    return float(abs(mpmath.mpf(float(found)) - true) / size) / float(limits.eps)
