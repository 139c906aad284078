"""The nodes of loop programs: values, statements, and one nest for each kernel.

None knows a language: types, functions and constants have names of their own, which a printer
spells. Facts are asked of nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..schedule import Statement as Equation

# what a variable holds
REAL, LABEL, INDEX, COUNT, DIVISOR = "real", "label", "index", "count", "divisor"


@dataclass(frozen=True)
class Node:
    """A value or a statement."""

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that it is made of."""
        return tuple(_nodes(tuple(vars(self).values())))


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)


def walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """The nodes and all that they are made of."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.parts)


# --- values


@dataclass(frozen=True)
class Value(Node):
    """One number, or one pointer."""


@dataclass(frozen=True)
class Whole(Value):
    """A whole number that counts or says where."""

    value: int


@dataclass(frozen=True)
class Real(Value):
    """A real number, written out."""

    value: Fraction


@dataclass(frozen=True)
class Constant(Value):
    """What has a name in every language: "pi", "inf", "-inf", "nan", the bytes of a real number;
    and the settings of a module, such as how long a block is.
    """

    name: str


@dataclass(frozen=True)
class Name(Value):
    """A variable, an argument, or an array."""

    name: str


@dataclass(frozen=True)
class Load(Value):
    """`array[place]`."""

    array: str
    place: Value


@dataclass(frozen=True)
class AsReal(Value):
    """A whole number or a truth value as a real number."""

    value: Value


@dataclass(frozen=True)
class Negative(Value):
    """`-value`."""

    value: Value


@dataclass(frozen=True)
class Sum(Value):
    """Its terms added up in order; what is negative is taken away."""

    terms: tuple[Value, ...]


@dataclass(frozen=True)
class Product(Value):
    """Its factors, multiplied in order."""

    factors: tuple[Value, ...]


@dataclass(frozen=True)
class Quotient(Value):
    """`above / below`; of whole numbers, a whole number."""

    above: Value
    below: Value


@dataclass(frozen=True)
class Remainder(Value):
    """What is left of a whole number that is not negative."""

    above: Value
    below: Value


@dataclass(frozen=True)
class Compare(Value):
    """gt, ge, eq or ne; lt for what is not computed of values."""

    relation: str
    left: Value
    right: Value


@dataclass(frozen=True)
class All(Value):
    """True where all of the tests hold."""

    tests: tuple[Value, ...]


@dataclass(frozen=True)
class Choice(Value):
    """One of two values; only that one is computed."""

    test: Value
    then: Value
    otherwise: Value


@dataclass(frozen=True)
class Call(Value):
    """A function, by the name that its record has, or one of those that kernels need."""

    function: str
    args: tuple[Value, ...]


ZERO, ONE = Whole(0), Whole(1)
THREAD = Name("thread")  # which of the threads is at work


def total(*terms: Value) -> Value:
    """The sum, in which no term is a sum."""
    flat = [t for term in terms for t in (term.terms if isinstance(term, Sum) else (term,))]
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def times(*factors: Value) -> Value:
    """The product, in which no factor is a product; 1 where there is none."""
    flat = [f for each in factors for f in (each.factors if isinstance(each, Product) else (each,))]
    return (flat[0] if len(flat) == 1 else Product(tuple(flat))) if flat else ONE


# --- statements


@dataclass(frozen=True)
class Line(Node):
    """A statement."""


@dataclass(frozen=True)
class Comment(Line):
    """Which equation the lines below compute."""

    equation: Equation


@dataclass(frozen=True)
class Declare(Line):
    """A variable and its value; `fixed` ones keep it."""

    name: str
    value: Value
    kind: str = REAL
    fixed: bool = True


@dataclass(frozen=True)
class Arrays(Line):
    """Arrays of real numbers that live as long as the block they stand in."""

    names: tuple[str, ...]
    length: Value


@dataclass(frozen=True)
class Pointer(Line):
    """A name for the place in memory where an array begins. alone: nothing else leads there."""

    name: str
    value: Value
    alone: bool = False


@dataclass(frozen=True)
class Store(Line):
    """`target = value`."""

    target: Value
    value: Value


@dataclass(frozen=True)
class Accumulate(Line):
    """One more value is taken into what was found so far: sum, prod, max, min, or "or"."""

    op: str
    target: Value
    value: Value


@dataclass(frozen=True)
class Do(Line):
    """A call for what it does."""

    call: Call


@dataclass(frozen=True)
class If(Line):
    """What is done where the test holds."""

    test: Value
    body: tuple[Line, ...]


@dataclass(frozen=True)
class Loop(Line):
    """For `index` from `begin` to before `end`. simd: the turns may be taken side by side; then
    `found` says what is put together, as pairs of an operation and a variable.
    """

    index: str
    begin: Value
    end: Value
    body: tuple[Line, ...]
    step: Value = ONE
    kind: str = INDEX
    simd: bool = False
    found: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Parameter(Node):
    """What a function takes. array: a place in memory; written: the function may store there."""

    name: str
    kind: str = REAL
    array: bool = False
    written: bool = False


@dataclass(frozen=True)
class Share(Line):
    """All `count` rows, or elements, by a function that does those from `from` to before `to`.

    in_parts: the lengths decide how many parts they are divided into; else threads share them.
    suffix: tells the function from others of the nest.
    """

    suffix: str
    parameters: tuple[Parameter, ...]
    body: tuple[Line, ...]
    count: Value
    in_parts: bool
    of_rows: bool


@dataclass(frozen=True)
class Nest:
    """One kernel: a function of arrays. space: the arrays that it needs for itself, with their
    lengths. streams: results are stored past the caches.
    """

    parameters: tuple[Parameter, ...]
    opening: tuple[Line, ...]
    space: tuple[tuple[str, Value], ...]
    body: tuple[Line, ...]
    streams: bool


def names_in(nodes: tuple[Node, ...]) -> set[str]:
    """The names of variables and arrays that are read or stored there."""
    found = list(walk(nodes))
    return {n.name for n in found if isinstance(n, Name)} | {
        n.array for n in found if isinstance(n, Load)
    }
