"""Whether NumPy gives a view or a copy, as NumPy itself says.

`x.reshape(-1)` is a view and `x.T.reshape(-1)` a copy: that depends on how an array lies in memory.
Where it matters, because something was written, the calls that made an array are made again on
small plain arrays, and what shares memory there shares it here.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from ..index import nodes
from ..index.evaluate import Evaluator
from ..index.nodes import Expr
from ..index.ranges import in_lengths
from ..index.walk import walk
from ..quiet import quiet
from .array import FLOAT, Array
from .context import Context, current
from .origin import Origin
from .registry import METHODS

MOST = 1 << 20  # elements of the largest plain array that is made for this
_FAILURES = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)


class Lengths(dict[str, int]):
    """A length for each named dim, longer than 2 and all different."""

    def __init__(self, start: int = 5) -> None:
        super().__init__()
        self.start = start

    def __missing__(self, name: str) -> int:
        taken = set(self.values())
        self[name] = next(n for n in count(self.start, 2) if n not in taken)
        return self[name]


class Unknown(Exception):
    """It cannot be said how an array lies in memory."""


class Images:
    """Plain arrays that lie in memory as NumPy would have the symbolic ones lie."""

    def __init__(self, real: type[np.floating[Any]]) -> None:
        self.real = real
        self.lengths = Lengths()
        self.made: dict[int, tuple[Array, Any]] = {}

    def of(self, array: Array) -> Any:
        """The plain array, or a NumPy scalar or number where NumPy gives one; else Unknown."""
        self._lengthen(current())
        stack = [array] if id(array) not in self.made else []
        while stack:
            last = stack[-1]
            missing = [a for a in _needs(last) if id(a) not in self.made]
            stack.extend(missing)
            if not missing:
                self.made[id(last)] = last, self._make(last)
                stack.pop()
        return self.made[id(array)][1]

    def _lengthen(self, context: Context) -> None:
        """Lengths at which every place that the forward names exists."""
        while any(in_lengths(form, self.lengths) < 0 for form in context.requires):
            if self.lengths.start > MOST:
                raise Unknown
            self.lengths = Lengths(2 * self.lengths.start + 1)
            self.made.clear()

    def _make(self, array: Array) -> Any:
        if _is_length(array):
            number = self._number(array.peek())
            return number if array.kind == FLOAT else int(number)
        origin = array.origin
        size = self._number(nodes.mul(*(nodes.size(i.dim) for axis in array.held for i in axis)))
        if origin is None or size > MOST:
            raise Unknown
        try:
            with np.errstate(all="ignore"), quiet():
                found = self._called(origin)
        except _FAILURES as error:
            raise Unknown from error
        return found

    def _number(self, value: Expr) -> float:
        """What is computed from lengths."""
        names = [n.dim.name for n in walk(value) if isinstance(n, nodes.Size)]
        return float(Evaluator({}, {name: self.lengths[name] for name in names})(value))

    def _called(self, origin: Origin) -> Any:
        args = tuple(self._plain(a) for a in origin.args)
        if origin.call is given:
            return given(args[0], self.real if args[1] == FLOAT else np.dtype(args[1]).type)
        found = origin.call(*args, **{k: self._plain(v) for k, v in origin.options.items()})
        return found if origin.part is None else found[origin.part]

    def _plain(self, value: Any) -> Any:
        if isinstance(value, Array):
            return self.made[id(value)][1]
        if isinstance(value, slice):
            return slice(*map(self._plain, (value.start, value.stop, value.step)))
        if isinstance(value, tuple):
            return tuple(self._plain(v) for v in tuple.__iter__(value))
        if isinstance(value, list):
            return [self._plain(v) for v in value]
        return value


def _is_length(array: Array) -> bool:
    value = array.peek()
    return not array.held and not value.tensors and not value.free


def _needs(value: Any) -> list[Array]:
    """The arrays that an array's origin is called with."""
    if isinstance(value, Array):
        if _is_length(value) or value.origin is None:
            return []
        origin = value.origin
        return [a for v in (*origin.args, *origin.options.values()) for a in _arrays(v)]
    return []


def _arrays(value: Any) -> list[Array]:
    if isinstance(value, Array):
        return [value]
    if isinstance(value, slice):
        return [a for a in (value.start, value.stop, value.step) if isinstance(a, Array)]
    parts = tuple.__iter__(value) if isinstance(value, tuple) else value
    return [a for v in parts for a in _arrays(v)] if isinstance(value, (tuple, list)) else []


def given(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """An argument of the forward: its elements lie in the order of its axes."""
    return np.zeros(shape, dtype)


def _images() -> tuple[Images, ...]:
    """The inputs may be of one precision or another."""
    context = current()
    if context.images is None:
        context.images = Images(np.float64), Images(np.float32)
    held: tuple[Images, ...] = context.images
    return held


def _shared(array: Array, parent: Array) -> bool:
    found: set[bool] = set()
    for images in _images():
        plain, other = images.of(array), images.of(parent)
        found.add(isinstance(plain, np.ndarray) and np.may_share_memory(plain, other))
    if len(found) > 1:
        raise Unknown
    return found.pop()


def shares(array: Array) -> bool:
    """True where what an array was made from lies in the same memory; refused where nobody
    knows."""
    assert array.view is not None
    try:
        shared = _shared(array, array.view.parent)
    except Unknown as error:
        raise current().unsupported(
            "something is written here, and whether NumPy made a view or a copy before that "
            "depends on how the arrays lie in memory: say which by .copy()"
        ) from error
    if not shared:
        current().notes["views and copies are told apart for axes longer than 1"] = None
    return shared


def is_number(array: Array) -> bool | None:
    """True for a scalar, which nothing is written into; None where it may be an array without
    axes."""
    if array.view is not None:
        return False
    try:
        return not isinstance(_images()[0].of(array), np.ndarray)
    except Unknown:
        return None


METHODS.update({"shares": shares, "is_number": is_number})
