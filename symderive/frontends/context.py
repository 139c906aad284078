"""What one run of a forward on symbolic arrays gathers: provisional values, derived dims, and the
user's lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import FrameType
from typing import Any

import numpy as np

from ..errors import InputError, NotSupportedError, Place, located
from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr, Ref, Tensor

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
# Frames of these folders are the machinery between the user's line and a rule.
_MACHINERY = (
    _PACKAGE + os.sep,
    os.path.dirname(np.__file__) + os.sep,
    "<__array_function__",
    "<frozen",
)
_CATALOGUE = os.path.join(_PACKAGE, "operators") + os.sep  # forwards as a user writes them
_SCALARS = _CATALOGUE + "special.py"  # and what they call, as of a library
_STANDARD = os.path.dirname(os.__file__) + os.sep
MOST_VALUES = 2_000  # a forward of more steps takes minutes to derive
_LETTERS = "pqrtuvwaceghsyzodf"
_MANY_VALUES = (
    f"the forward computes more than {MOST_VALUES:,} intermediate values: loops over known lengths "
    "are written out, so use array operations, fewer rounds, or a named dim"
)
PROVISIONAL = "%"  # no identifier starts so: a provisional name can never be taken for the user's


class Split(BaseException):
    """The forward takes `dim` apart: run it again with `dim` a merged pair of dims. Not an
    Exception, so that a forward's own `except` does not swallow it."""

    def __init__(self, dim: Dim, parts: tuple[int | None, int | None]) -> None:
        super().__init__(dim, parts)
        self.dim, self.parts = dim, parts
        context = _CURRENT.get()
        self.place = context.place() if context else None


class Concrete(BaseException):
    """The forward decides something by these parameters: run it again with their defaults as plain
    numbers."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(names)
        self.names = names


class Masked(BaseException):
    """The forward uses an argument as truth values: run it again with a mask."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Written(BaseException):
    """The forward writes what it computes into zeros of known lengths: run it again with symbolic
    ones."""


class Undecided(BaseException):
    """The code decides something by the data, for which no answer is known: run it again with
    either."""


@dataclass
class Cell:
    """A value computed by one operation, `tensor[indices] = value`, whose name is found later.

    hint: the operation.  name: the user's own variable, once one is seen to hold this value.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    value: Expr
    hint: str
    place: Place | None
    name: str = ""


@dataclass(frozen=True)
class Write:
    """An in-place write: the name of the array that owned the storage ("" where it has none), and
    the line."""

    owner: str
    place: Place | None


# Gives what a draw gives: the real function, its name, its arguments, its options.
Draws = Callable[[Callable[..., Any], str, tuple[Any, ...], dict[str, Any]], Any]


@dataclass
class Context:
    """The state of one run. `refined` holds the dims that were split: {"n": (n_0, n_1)}; `taken`
    the user's own names."""

    refined: Mapping[str, tuple[Dim, ...]] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    cells: dict[Tensor, Cell] = field(default_factory=dict)
    parameters: set[Tensor] = field(default_factory=set)
    arguments: set[Tensor] = field(default_factory=set)
    truths: set[Tensor] = field(default_factory=set)  # arguments that chose, as in np.where(m, ...)
    last_axis_only: bool = True  # every reduction so far ran over the last axis alone
    reductions: int = 0
    writes: list[Write] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    requires: dict[Expr, None] = field(default_factory=dict)  # may not be negative
    merged: dict[frozenset[Dim], tuple[Dim, ...]] = field(default_factory=dict)  # in this order
    places: bool = True
    symbolic_zeros: bool = False  # plain ones cannot hold what is computed
    images: Any = None  # plain arrays that lie in memory as the symbolic ones do
    answers: list[bool] | None = None  # to the code's decisions on data, in order
    in_doubt: bool = False  # something has drawn random numbers meanwhile
    draws: Draws | None = None  # what random numbers are, where they may be drawn
    returned: Place | None = None  # the last line from which a function of the user returned
    _by_value: dict[tuple[Expr, tuple[Index, ...]], Tensor] = field(default_factory=dict)
    _derived: dict[tuple[tuple[str, int], ...], Dim] = field(default_factory=dict)

    def cell(self, value: Expr, indices: tuple[Index, ...], hint: str) -> Ref:
        """The element of the cell that holds this value; equal values share one cell."""
        key = (value, indices)
        tensor = self._by_value.get(key)
        if tensor is None:
            if len(self.cells) >= MOST_VALUES:
                raise self.unsupported(_MANY_VALUES)
            tensor = Tensor(f"{PROVISIONAL}{len(self.cells)}", tuple(i.dim for i in indices))
            self._by_value[key] = tensor
            self.cells[tensor] = Cell(tensor, indices, value, hint, self.place())
        return tensor[indices]

    def derived(self, extent: dict[str, int]) -> Dim:
        """The dim whose length is this linear form, {"n": 1, "": -1} for n - 1; equal forms are
        one dim."""
        form = tuple(
            sorted(((k, c) for k, c in extent.items() if c), key=lambda kc: (kc[0] == "", kc[0]))
        )
        if not any(name for name, _ in form):
            return constant_dim(dict(form).get("", 0))
        if len(form) == 1 and form[0][1] == 1:
            return Dim(form[0][0])
        if form not in self._derived:
            used = self.taken | {d.name for d in self._derived.values()}
            free = (x for x in _letters() if x not in used)
            self._derived[form] = Dim(next(free), None, form)
        return self._derived[form]

    def require(self, form: Expr) -> None:
        """A form in sizes must not be negative: w - 4 where x[:, 3] is read."""
        form = spread(form)
        if not isinstance(form, nodes.Num):
            self.requires[form] = None

    def answer(self) -> bool | None:
        """The answer to the next decision on data; None where such decisions are refused."""
        if self.answers is None:
            return None
        if not self.answers:
            raise Undecided
        place, value = self.place(), self.answers.pop(0)
        line = f"line {place.line}" if place else "the code"
        self.notes[f"what {line} decides by the data is {value}: else the code raises"] = None
        return value

    def know(self, dims: Iterable[Dim]) -> None:
        """Inputs may have derived dims: a cotangent has those of the output."""
        self._derived.update({d.extent: d for d in dims if d.extent})

    def place(self) -> Place | None:
        """The user's line that is running, or None for text."""
        frame = user_frame() if self.places else None
        return Place(frame.f_code.co_filename, frame.f_lineno) if frame else None

    def unsupported(self, message: str) -> NotSupportedError:
        """The error for what is not supported, at the user's line."""
        return NotSupportedError(located(message, self.place()))

    def wrong(self, message: str) -> InputError:
        """The error for what is wrong in the forward or in its dims, at the user's line."""
        return InputError(located(message, self.place()))


def _letters() -> Iterator[str]:
    yield from _LETTERS
    yield from (f"{a}{n}" for n in range(2, 100) for a in _LETTERS)


def constant_dim(length: int) -> Dim:
    """The dim of a known length; all axes of one known length share it."""
    return Dim(f"k{length}", length)


def user_frame() -> FrameType | None:
    """The innermost frame that belongs to the user."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_machinery(frame):
        frame = frame.f_back
    return frame


def place_of_error(error: BaseException) -> Place | None:
    """The user's innermost line on the way to where an error arose."""
    place, trace = None, error.__traceback__
    while trace is not None:
        if not is_machinery(trace.tb_frame):
            place = Place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return place


def is_machinery(frame: FrameType) -> bool:
    """True for frames of NumPy, SciPy, Python's own library and this package."""
    return is_machinery_file(frame.f_code.co_filename)


def is_library(frame: FrameType) -> bool:
    """The same without SciPy, which asks NumPy for arrays as a user does."""
    return _is_library(frame.f_code.co_filename)


def is_machinery_file(file: str) -> bool:
    """True for the files of that code."""
    return _is_library(file) or ("-packages" in file and f"{os.sep}scipy{os.sep}" in file)


@cache
def _is_library(file: str) -> bool:
    standard = file.startswith(_STANDARD) and "-packages" not in file
    own = file.startswith(_MACHINERY) and not file.startswith(_CATALOGUE)
    return standard or own or file == _SCALARS


_CURRENT: ContextVar[Context | None] = ContextVar("tracing", default=None)


def current() -> Context:
    """The run that is going on."""
    context = _CURRENT.get()
    if context is None:
        raise NotSupportedError(
            "a symbolic array was used after its trace ended; it only lives inside the forward"
        )
    return context


def refused_or_again(message: str) -> BaseException:
    """For what plain zeros cannot hold: to be run again with symbolic ones, and then refused."""
    return current().unsupported(message) if current().symbolic_zeros else Written()


def running() -> Context | None:
    """The run that is going on, or None."""
    return _CURRENT.get()


@contextmanager
def tracing(context: Context) -> Iterator[Context]:
    """Make `context` the run that is going on."""
    token = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(token)


def spread(expr: Expr) -> Expr:
    """The expression with numbers multiplied into sums: n - (n - 2) is 2, 2 (i + 1) is 2 i + 2."""
    terms: list[Expr] = []
    for term in expr.args if isinstance(expr, nodes.Add) else (expr,):
        count, rest = nodes.coefficient(term)
        if isinstance(rest, nodes.Add):
            terms.extend(nodes.mul(nodes.num(count), part) for part in spread(rest).args)
        else:
            terms.append(term)
    return nodes.add(*terms)


def linear(expr: Expr) -> dict[str, int] | None:
    """A length as a linear form with whole coefficients, {"n": 1, "": -1}; None where it is not
    one."""
    form: dict[str, int] = {}
    expr = spread(expr)
    for term in expr.args if isinstance(expr, nodes.Add) else (expr,):
        count, rest = nodes.coefficient(term)
        if count.denominator != 1 or not (rest is nodes.ONE or isinstance(rest, nodes.Size)):
            return None
        name = rest.dim.name if isinstance(rest, nodes.Size) else ""
        form[name] = form.get(name, 0) + count.numerator
    return form
