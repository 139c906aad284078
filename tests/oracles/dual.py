"""An independent automatic differentiation: plain NumPy on dual numbers `v + t ε`, where ε² = 0.

It shares nothing with symderive. `vjp` runs the function once for each element of each input:
slow, and simple enough to be believed. What the tables in `dual_rules` do not know raises
TypeError; nothing is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from . import dual_rules

Array = Any


class Dual(NDArrayOperatorsMixin):
    """An array and its derivative along one direction; slices are views of both."""

    __array_priority__ = 1000
    value: Array
    tangent: Array

    def __init__(self, value: Array, tangent: Array) -> None:
        self.value = np.asarray(value, dtype=float)
        tangent = np.asarray(tangent, dtype=float)
        same = tangent.shape == self.value.shape
        self.tangent = tangent if same else np.array(np.broadcast_to(tangent, self.value.shape))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True)}
        kwargs.pop("dtype", None)
        if method == "__call__":
            result = dual_rules.call(ufunc.__name__, inputs, kwargs, Dual)
        elif (ufunc.__name__, method) in dual_rules.METHODS:
            result = dual_rules.METHODS[ufunc.__name__, method](Dual, *inputs, **kwargs)
        else:
            raise TypeError(f"the dual numbers do not know {ufunc.__name__}.{method}")
        return result if out is None else _store(out[0], result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func.__name__ not in dual_rules.FUNCTIONS:
            raise TypeError(f"the dual numbers do not know np.{func.__name__}")
        kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
        return dual_rules.FUNCTIONS[func.__name__](Dual, *args, **kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        raise TypeError("a dual number would lose its tangent here")

    def __getattr__(self, name: str) -> Any:
        """Methods are the functions of the same name: `x.sum(axis=0)` is `np.sum(x, axis=0)`."""
        if name.startswith("_") or name not in dual_rules.FUNCTIONS:
            raise AttributeError(name)
        return lambda *args, **kwargs: _method(name, self, args, kwargs)

    def __getitem__(self, key: Any) -> Dual:
        return Dual(self.value[key], self.tangent[key])

    def __setitem__(self, key: Any, other: Any) -> None:
        self.value[key] = other.value if isinstance(other, Dual) else other
        self.tangent[key] = other.tangent if isinstance(other, Dual) else 0.0

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return len(self.value)

    def copy(self) -> Dual:
        return Dual(self.value.copy(), self.tangent.copy())

    def astype(self, dtype: Any) -> Dual:
        if np.dtype(dtype).kind != "f":
            raise TypeError("a dual number stays real")
        return self.copy()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def T(self) -> Dual:
        return Dual(self.value.T, self.tangent.T)


def _method(name: str, self: Dual, args: Any, kwargs: Any) -> Any:
    if name in ("reshape", "transpose") and args and not isinstance(args[0], (tuple, list)):
        args = (args,)
    return dual_rules.FUNCTIONS[name](Dual, self, *args, **kwargs)


def _store(out: Any, result: Any) -> Any:
    if not isinstance(out, Dual):
        raise TypeError("a dual number cannot be written into a plain array")
    out[...] = result
    return out


def jvp(
    fn: Callable[..., Array], inputs: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """The value of fn and its derivative along the tangents; None keeps an input plain."""
    duals = [
        x if t is None else Dual(np.array(x, dtype=float), np.array(t, dtype=float))
        for x, t in zip(inputs, tangents, strict=True)
    ]
    result = fn(*duals)
    if isinstance(result, Dual):
        return result.value, result.tangent
    return np.asarray(result), np.zeros(np.shape(result))


def vjp(fn: Callable[..., Array], inputs: tuple[Array, ...], cotangent: Array) -> tuple[Array, ...]:
    """Σ_y cotangent_y ∂y/∂x for each input x of floating type, in the order of the inputs."""
    smooth = [np.asarray(x).dtype.kind == "f" for x in inputs]
    gradients = []
    for position, x in enumerate(inputs):
        if not smooth[position]:
            continue
        gradient = np.zeros(np.shape(x))
        for place in np.ndindex(*np.shape(x)):
            tangents: list[Array] = [
                np.zeros(np.shape(other)) if s else None
                for other, s in zip(inputs, smooth, strict=True)
            ]
            tangents[position][place] = 1.0
            gradient[place] = np.sum(cotangent * jvp(fn, inputs, tuple(tangents))[1])
        gradients.append(gradient)
    return tuple(gradients)
