"""Scalar functions that NumPy lacks, dispatched as ufuncs are: a traced array sees the call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class ScalarFunction:
    """A function of one number, mapped over arrays: `erf(x)`.

    An operand that is no NumPy array and defines `__array_ufunc__` is asked first, as with
    `scipy.special.erf`; `__name__` tells it which function was called.
    """

    def __init__(self, name: str, scalar: Callable[[float], float]) -> None:
        self.__name__ = name
        self._map = np.vectorize(scalar, otypes=[float])

    def __repr__(self) -> str:
        return f"<scalar function '{self.__name__}'>"

    def __call__(self, x: Any) -> Any:
        """The function of every element; float16 and float32 stay what they are."""
        override = getattr(type(x), "__array_ufunc__", None)
        if override is not None and not isinstance(x, (np.ndarray, np.generic)):
            return override(x, self, "__call__", x)
        values = np.asarray(x)
        kept = values.dtype if values.dtype.kind == "f" else np.dtype(float)
        return self._map(values).astype(kept)[()]


erf = ScalarFunction("erf", math.erf)
