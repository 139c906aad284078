"""Array nodes → Python expressions: each kind of node by its entry in a table.

A library of arrays is such a table, and the names of what it has: a dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...arrays.nodes import ALL, LEADING, Array, Item, Span
from .syntax import Call, Name, Slice, Syntax, call, literal

Words = Mapping[type[Array], Callable[["Spelling", Any], Syntax]]


OWN_FUNCTIONS = {  # functions that the module has itself, and those that they call
    "sigmoid": ("_sigmoid",),
    "erf": ("_erf", "_erf_parts"),
    "erfc": ("_erfc", "_erf_parts"),
    "erfcx": ("_erfcx", "_erf_parts"),
    "log_ndtr": ("_log_ndtr", "_erf_parts", "_erfc", "_erfcx"),
    "log1mexp": ("_log1mexp",),
    "xlogy": ("_xlogy",),
    "xlog1py": ("_xlog1py",),
    "entr": ("_entr",),
    "rel_entr": ("_rel_entr",),
    "kl_div": ("_kl_div", "_rel_entr"),
    "ratio": ("_ratio",),
}


SCALAR_HELPERS = (  # in the order in which they are defined
    "_sigmoid", "_erf_parts", "_erf", "_erfc", "_erfcx", "_log_ndtr", "_log1mexp", "_xlogy",
    "_xlog1py", "_entr", "_rel_entr", "_kl_div", "_ratio",
)  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """How one library of arrays spells what array programs do.

    library: the name of its module in the text.  words: how each kind of node is written.
    function: the name of a scalar function.  constants: the names of numbers.  trims: a subscript
    may leave out the axes at the end that it takes whole.  device: the name of the place where new
    arrays are made.  math: that of Python's own module of numbers.
    """

    library: str
    words: Words
    function: Callable[[Spelling, str], str]
    constants: Mapping[str, str]
    trims: bool = True
    device: str = "at"
    math: str = "math"


@dataclass(frozen=True)
class Spelling:
    """Writes array nodes in a dialect.

    axis: the text of the reduced axis.  helpers: the functions of the module that what is written
    calls.
    """

    dialect: Dialect
    axis: str = "-1"
    helpers: set[str] = field(default_factory=set)

    def write(self, array: Array) -> Syntax:
        """The array as an expression."""
        return self.dialect.words[type(array)](self, array)

    def fn(self, name: str) -> str:
        """A function of the library."""
        return f"{self.dialect.library}.{name}"

    def math(self, name: str) -> str:
        """A function or a number of Python's own module, noted as used."""
        self.helpers.add("math")
        return f"{self.dialect.math}.{name}"

    def own(self, function: str) -> str:
        """The name of a scalar function that the module has itself, noted as used, or ""."""
        names = OWN_FUNCTIONS.get(function, ())
        self.helpers.update(names)
        return names[0] if names else ""

    def place(self, place: int) -> Syntax:
        """An axis: the last one is that which is reduced."""
        return Name(self.axis) if place == -1 else literal(place)

    def helper(self, name: str, *args: str | Syntax, **options: str | Syntax) -> Call:
        """A call of a function of the module; a string is a name."""
        self.helpers.add(name)
        return call(name, *args, **options)

    def items(self, items: tuple[Array | Item, ...]) -> tuple[Syntax, ...]:
        """What is taken of each axis, without what takes all at the end where that may go."""
        kept = list(items)
        while self.dialect.trims and kept and kept[-1] == ALL and LEADING not in kept:
            kept.pop()
        return tuple(map(self.item, kept))

    def item(self, item: Array | Item) -> Syntax:
        """What is taken of one axis."""
        if isinstance(item, Array):
            return self.write(item)
        if isinstance(item, int):
            return literal(item)
        if not isinstance(item, Span):
            return Name("...") if item == LEADING else Slice()
        begin, end = (None if s is None else self.write(s) for s in (item.begin, item.end))
        return Slice(begin, end, None if item.step == 1 else literal(item.step))
