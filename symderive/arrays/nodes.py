"""The nodes of array programs. Each knows its axes and what it holds; none knows a language.

A node is an array of the procedure (`Held`), or an operation on arrays. Facts are asked of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from ..index.dims import Index
from .axes import Axes, union

REAL, INTEGER, TRUTH = "real", "integer", "truth"
NUMBER = "number"  # one number, no array: it takes the dtype of the arrays that it meets


@dataclass(frozen=True)
class Array:
    """axes: the real axes, in order.  kind: what it holds: REAL, INTEGER or TRUTH; or NUMBER."""

    axes: Axes = field(kw_only=True, default=())
    kind: str = field(kw_only=True, default=REAL)

    @property
    def parts(self) -> tuple[Array, ...]:
        """The nodes that it is made of."""
        return ()


@dataclass(frozen=True)
class Held(Array):
    """An array that has a name: an argument, or what an earlier line computed."""

    name: str


@dataclass(frozen=True)
class Number(Array):
    """A number, written out."""

    value: Fraction
    kind: str = field(kw_only=True, default=NUMBER)


@dataclass(frozen=True)
class Constant(Array):
    """A number with a name: "pi" or "inf"."""

    name: str
    kind: str = field(kw_only=True, default=NUMBER)


@dataclass(frozen=True)
class Length(Array):
    """The length of one axis of an array; -1 is the reduced axis, wherever the caller has it."""

    name: str
    place: int
    kind: str = field(kw_only=True, default=NUMBER)


@dataclass(frozen=True)
class Lengths(Array):
    """In a shape: the lengths of the axes of an array but for its last `others`."""

    name: str
    others: int
    kind: str = field(kw_only=True, default=NUMBER)


@dataclass(frozen=True)
class Count(Array):
    """The number of elements of an array."""

    name: str
    kind: str = field(kw_only=True, default=NUMBER)


@dataclass(frozen=True)
class Arange(Array):
    """0, 1, ... along an axis."""

    length: Array
    kind: str = field(kw_only=True, default=INTEGER)


class Operation(Array):
    """An array that is made of others."""

    @property
    def parts(self) -> tuple[Array, ...]:
        """The nodes among its fields."""
        return tuple(_arrays(tuple(getattr(self, f.name) for f in fields(self))))


def _arrays(value: object) -> Iterator[Array]:
    if isinstance(value, Array):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _arrays(each)
    elif isinstance(value, Span):
        yield from _arrays((value.begin, value.end))


@dataclass(frozen=True)
class Elementwise(Operation):
    """A function of each element: arithmetic, comparisons, the functions of the calculus."""

    function: str
    args: tuple[Array, ...]


@dataclass(frozen=True)
class Choice(Operation):
    """`then` where the condition holds, `otherwise` elsewhere; both are computed everywhere."""

    condition: Array
    then: Array
    otherwise: Array


@dataclass(frozen=True)
class GuardedQuotient(Operation):
    """above / below where below > 0, else 0: nothing is divided by 0."""

    above: Array
    below: Array


@dataclass(frozen=True)
class Cast(Operation):
    """In the dtype of the array called `like`; "" is the default real dtype."""

    value: Array
    like: str


@dataclass(frozen=True)
class Whole(Operation):
    """As whole numbers, for an index."""

    value: Array
    kind: str = field(kw_only=True, default=INTEGER)


@dataclass(frozen=True)
class Reduction(Operation):
    """A sum, mean, max, min, any or all over some axes.

    over: the indices that go; keep: their axes stay, with length one.  every: it is over all axes,
    and gives one number.  like: the array whose dtype the result has, where the values are no real
    numbers.  batch: an array with batch dims and how many axes it has besides, where those go.
    initial: the value of nothing, where the caller's axis may be empty.
    """

    op: str
    value: Array
    over: tuple[Index, ...]
    keep: bool = False
    every: bool = False
    like: str | None = None
    batch: tuple[str, int] | None = None
    initial: Array | None = None


@dataclass(frozen=True)
class Dot(Operation):
    """The sum of the products along the last axis of both."""

    left: Array
    right: Array
    keep: bool = False


@dataclass(frozen=True)
class MatMul(Operation):
    """The matrix product over the last axis of `left` and the last but one (or only) of `right`."""

    left: Array
    right: Array


@dataclass(frozen=True)
class TensorDot(Operation):
    """The sum of the products over all axes that both have; those of `left`, then of `right`."""

    left: Array
    right: Array


@dataclass(frozen=True)
class Einsum(Operation):
    """The sum of products over all axes that the result lacks."""

    operands: tuple[Array, ...]


@dataclass(frozen=True)
class Flat(Operation):
    """A matrix: all axes but the last as one."""

    value: Array


@dataclass(frozen=True)
class RunningSum(Operation):
    """The sums up to each place of an axis, from its end where it runs backwards."""

    value: Array
    place: int
    backwards: bool


@dataclass(frozen=True)
class Span:
    """A slice of an axis: begin:end:step; step -1 is all of it, turned around."""

    begin: Array | None = None
    end: Array | None = None
    step: int = 1


ALL, LEADING = "all", "leading"  # a whole axis; all the batch axes
Item = Span | int | str  # what is taken of an axis: a part, one place, or ALL of it


@dataclass(frozen=True)
class Applied(Operation):
    """A function of the module, called with arrays."""

    function: str
    args: tuple[Array, ...]


def number(value: int | Fraction) -> Number:
    """A number, written out."""
    return Number(Fraction(value))


ZERO = number(0)


def elementwise(function: str, *args: Array, kind: str = REAL) -> Array:
    """A function of aligned arrays."""
    return Elementwise(function, args, axes=union(a.axes for a in args), kind=kind)


def negated(array: Array) -> Array:
    """Minus the array; of a product, minus its first factor."""
    if isinstance(array, Number):
        return Number(-array.value)
    if isinstance(array, Elementwise) and array.function in ("multiply", "divide"):
        first, *others = array.args
        return replace(array, args=(negated(first), *others))
    if isinstance(array, MatMul):
        return replace(array, left=negated(array.left))
    return Elementwise("negative", (array,), axes=array.axes, kind=array.kind)


def minus(array: Array) -> Array:
    """Minus the array as a whole."""
    if isinstance(array, Number):
        return Number(-array.value)
    return Elementwise("negative", (array,), axes=array.axes, kind=array.kind)


def walk(array: Array) -> Iterator[Array]:
    """The array and all the nodes that it is made of."""
    yield array
    for part in array.parts:
        yield from walk(part)


def changed(array: Array, leaf: Callable[[Array], Array | None]) -> Array:
    """The array with every node for which `leaf` has another one replaced."""
    found = leaf(array)
    if found is not None:
        return found
    values: dict[str, Any] = {f.name: getattr(array, f.name) for f in fields(array)}
    return replace(array, **{name: _changed(value, leaf) for name, value in values.items()})


def _changed(value: Any, leaf: Callable[[Array], Array | None]) -> Any:
    if isinstance(value, Array):
        return changed(value, leaf)
    if isinstance(value, tuple) and any(isinstance(v, Array) for v in value):
        return tuple(_changed(v, leaf) for v in value)
    return value
