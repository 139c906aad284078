"""Python's operators and NumPy's methods on symbolic arrays: each looks its rule up in the
table."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from .dispatch import apply_function, apply_ufunc, call_method
from .origin import Recorded, remember
from .registry import METHODS, RULES


def takes_over(other: Any) -> bool:
    """True for what stands for elements of an array, and knows itself how it is computed with."""
    return getattr(type(other), "takes_over", False)


def _applied(name: str, *args: Any) -> Any:
    return remember(RULES[name](*args), getattr(np, name), args)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: NotImplemented if takes_over(other) else _applied(name, self, other)


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda self, other: NotImplemented if takes_over(other) else _applied(name, other, self)


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    def write(self: Any, other: Any) -> Any:
        return METHODS["update"](self, _applied(name, self, other))

    return write


def _unary(name: str) -> Callable[[Any], Any]:
    return lambda self: _applied(name, self)


class Operators(Recorded):
    """What Python asks of an array; everything is decided by the rules."""

    if TYPE_CHECKING:
        concrete: Callable[[str], None]
        decided: Callable[[], bool]

    __add__, __radd__, __iadd__ = _binary("add"), _reflected("add"), _in_place("add")
    __sub__, __rsub__, __isub__ = _binary("subtract"), _reflected("subtract"), _in_place("subtract")
    __mul__, __rmul__, __imul__ = _binary("multiply"), _reflected("multiply"), _in_place("multiply")
    __truediv__, __rtruediv__ = _binary("divide"), _reflected("divide")
    __itruediv__ = _in_place("divide")
    __floordiv__, __rfloordiv__ = _binary("floor_divide"), _reflected("floor_divide")
    __ifloordiv__ = _in_place("floor_divide")
    __mod__, __rmod__ = _binary("remainder"), _reflected("remainder")
    __imod__ = _in_place("remainder")
    __pow__, __rpow__, __ipow__ = _binary("power"), _reflected("power"), _in_place("power")
    __matmul__, __rmatmul__, __imatmul__ = (
        _binary("matmul"),
        _reflected("matmul"),
        _in_place("matmul"),
    )
    __and__, __rand__, __iand__ = (
        _binary("bitwise_and"),
        _reflected("bitwise_and"),
        _in_place("bitwise_and"),
    )
    __or__, __ror__, __ior__ = (
        _binary("bitwise_or"),
        _reflected("bitwise_or"),
        _in_place("bitwise_or"),
    )
    __xor__, __rxor__ = _binary("bitwise_xor"), _reflected("bitwise_xor")
    __ixor__ = _in_place("bitwise_xor")
    __neg__, __pos__, __abs__ = _unary("negative"), _unary("positive"), _unary("absolute")
    __invert__ = _unary("invert")
    __gt__, __ge__ = _binary("greater"), _binary("greater_equal")
    __lt__, __le__ = _binary("less"), _binary("less_equal")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if any(map(takes_over, inputs)):
            return NotImplemented
        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(
        self, func: Any, types: Any, args: tuple[Any, ...], options: dict[str, Any]
    ) -> Any:
        return apply_function(func, args, options)

    def __eq__(self, other: object) -> Any:
        return _applied("equal", self, other)

    def __ne__(self, other: object) -> Any:
        return _applied("not_equal", self, other)

    def __bool__(self) -> bool:
        return self.decided()

    def __float__(self) -> float:
        self.concrete("float()")
        raise AssertionError("unreachable")

    def __int__(self) -> int:
        self.concrete("int()")
        raise AssertionError("unreachable")

    def __index__(self) -> int:
        self.concrete("range() or an index")
        raise AssertionError("unreachable")

    def __complex__(self) -> complex:
        self.concrete("complex()")
        raise AssertionError("unreachable")

    def item(self) -> Any:
        """The one number that the array holds."""
        self.concrete("item()")

    def tolist(self) -> Any:
        """The numbers as lists."""
        self.concrete("tolist()")

    def __iter__(self) -> Iterator[Self]:
        return iter(METHODS["rows"](self))

    def __getitem__(self, key: Any) -> Self:
        found: Self = METHODS["getitem"](self, key)
        return remember(found, operator.getitem, (self, key))

    def __setitem__(self, key: Any, value: Any) -> None:
        METHODS["setitem"](self, key, value)

    def __len__(self) -> int:
        found: int = METHODS["length"](self)
        return found

    @property
    def shape(self) -> tuple[Any, ...]:
        """The lengths of the real axes: whole numbers where they are known, else symbolic."""
        found: tuple[Any, ...] = METHODS["shape"](self)
        return found

    @shape.setter
    def shape(self, value: Any) -> None:
        METHODS["unknown"](self, "shape = ...")

    @property
    def ndim(self) -> int:
        """The number of real axes."""
        found: int = METHODS["ndim"](self)
        return found

    @property
    def size(self) -> Any:
        """The number of elements."""
        return METHODS["size"](self)

    @property
    def T(self) -> Self:
        """The axes in reverse."""
        found: Self = RULES["transpose"](self)
        return remember(found, np.transpose, (self,))

    @property
    def mT(self) -> Self:
        """The last two axes exchanged."""
        found: Self = RULES["matrix_transpose"](self)
        return remember(found, np.swapaxes, (self, -1, -2))

    @property
    def dtype(self) -> Any:
        """float64, int64 or bool."""
        return METHODS["dtype"](self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what Python and NumPy probe for is absent, not unsupported
            raise AttributeError(name)
        if name in METHODS or (name in AS_METHODS and name in RULES):
            return lambda *args, **options: call_method(self, name, args, options)
        return METHODS["unknown"](self, name)


AS_METHODS = frozenset(
    [
        "sum",
        "mean",
        "var",
        "std",
        "max",
        "min",
        "prod",
        "cumsum",
        "swapaxes",
        "squeeze",
        "ravel",
        "clip",
        "trace",
        "diagonal",
        "dot",
        "repeat",
        "round",
        "all",
        "any",
        "take",
    ]
)
