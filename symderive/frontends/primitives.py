"""Scalar functions that NumPy lacks, dispatched as ufuncs are: a traced array sees the call."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..index.evaluate import NUMPY, pointwise
from ..index.functions import FUNCTIONS, Formula, Function, register
from ..index.nodes import call
from .elementwise import callable_by_name


class Primitive:
    """A scalar function, mapped over arrays that broadcast: `erf(x)`.

    An operand that is no NumPy array and defines `__array_ufunc__` is asked first, as with
    `scipy.special.erf`; `__name__` tells it which function was called.
    """

    def __init__(self, function: Function) -> None:
        self.function, self.__name__ = function, function.name

    def __repr__(self) -> str:
        return f"<scalar function '{self.__name__}'>"

    def __call__(self, *args: Any) -> Any:
        """The function of every element; float16 and float32 stay what they are."""
        if len(args) != self.function.arity:
            raise TypeError(f"{self.__name__} takes {self.function.arity} arguments")
        for arg in args:
            override = getattr(type(arg), "__array_ufunc__", None)
            if override is not None and not isinstance(arg, (np.ndarray, np.generic)):
                return override(arg, self, "__call__", *args)
        kept = np.result_type(*args)
        whole = np.broadcast_arrays(*(np.asarray(a, float) for a in args))
        found = pointwise(lambda *u: call(self.__name__, *u), NUMPY, *whole)
        return found.astype(kept if kept.kind == "f" else float)[()]


def primitive(name: str, definition: Formula | None = None, **facts: Any) -> Primitive:
    """A new scalar function for forwards to call; every room learns of it from this one record.

    definition: what it is in terms of other functions, a formula over expressions such as
    `lambda u: 1 / call("cosh", u)`.  facts: see `symderive.index.functions.Function`.
    Raises InputError for a name that is taken, or where the record says too little.
    """
    function = Function(name, definition, **facts)
    register(function)
    callable_by_name(function)
    return Primitive(function)


erf = Primitive(FUNCTIONS["erf"])
