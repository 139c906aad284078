"""What is known of one scalar function, in one record, and the table that every room asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...errors import InputError, NotSupportedError
from .. import nodes
from ..nodes import ZERO, Expr, Number, Tensor
from ..walk import walk

Formula = Callable[..., Expr]
Spelling = str | Callable[..., Any]
ARGUMENTS = Tensor("u"), Tensor("v")


@dataclass(frozen=True)
class Kink:
    """Where two values are equal: what the function is where the first is larger, where it is
    smaller, and at a tie (the first, if nothing is said). jumps: its value jumps there, too.
    """

    between: Callable[..., tuple[Expr, Expr]]
    above: Formula
    below: Formula
    tied: Formula | None = None
    jumps: bool = False

    def at(self, sign: int, args: tuple[Expr, ...]) -> Expr:
        """The function where the first value less the second has this sign."""
        return (self.below, self.tied or self.above, self.above)[sign + 1](*args)


@dataclass(frozen=True)
class Function:
    """A scalar function of one or two numbers: f(u) or f(u, v).

    definition: what it is in terms of other functions; alone, it is an abbreviation, and forwards
    are read as having written that.  computed: what comes to the same and loses no digits in
    floating point.  Where a room has no name for the function, it takes these.
    slopes: ∂f/∂u (and ∂f/∂v) in the arguments and the output y; without them the definition is
    differentiated.
    numpy: NumPy's name, or a function of arrays.  library: what SymPy, mpmath and C call it;
    sympy, mpmath, c: where one of them has another name, or for the first two a function of the
    module and the arguments.  exponentials: in exponentials and logarithms, where a textbook
    gives it a name of its own.
    parity: "odd", "even" or "".  sign: "positive", "nonnegative" or "real"; else that of the
    definition.  known: a place, and the exact value there.  rising: it rises everywhere.
    bounded: it is finite wherever its arguments are.  exact: it rounds nothing.  steps: it
    compares with all whole numbers.  cancels: near a zero of its value it is computed no better
    than its arguments are large.  analytic: near the reals it is what its definition says.
    kink: where it has no slope; kinked: it has kinks that this does not state.
    note: the convention there, in English; the languages of proofs may say it in other words.
    """

    name: str
    definition: Formula | None = None
    arity: int = 1
    computed: Formula | None = None
    slopes: tuple[Formula, ...] = ()
    numpy: Spelling = ""
    library: str = ""
    sympy: Spelling = ""
    mpmath: Spelling = ""
    c: str = ""
    exponentials: Formula | None = None
    parity: str = ""
    sign: str = ""
    known: tuple[Number, Expr] | None = None
    rising: bool = False
    bounded: bool = False
    exact: bool = False
    steps: bool = False
    cancels: bool = False
    analytic: bool = True
    kink: Kink | None = None
    kinked: bool = False
    note: str = ""

    @property
    def arguments(self) -> tuple[Expr, ...]:
        """The names that formulas are written in."""
        return tuple(t[()] for t in ARGUMENTS[: self.arity])

    @cached_property
    def smooth(self) -> bool:
        """False where it has kinks."""
        if self.kinked or self.steps or self.kink is not None:
            return False
        if self.slopes or self.definition is None:
            return True
        return not any(map(_is_kinked, walk(self.definition(*self.arguments))))

    @property
    def abbreviates(self) -> bool:
        """True where a definition is all there is: a forward is read as having written that, so
        that its kinks and its overflows are known for what they are."""
        return not (self.slopes or self.numpy or self.computed)

    @property
    def stated(self) -> tuple[Number, Expr] | None:
        """A place and the exact value there."""
        return (0, ZERO) if self.parity == "odd" else self.known

    def called(self, library: str) -> Spelling:
        """What "numpy", "sympy", "mpmath" or "c" calls it; "" where that has no such function."""
        own: Spelling = getattr(self, library)
        return own or (self.library if library != "numpy" else "")


def common(name: str, slope: Formula, library: str = "", **facts: Any) -> Function:
    """A function that every library has."""
    return Function(name, slopes=(slope,), numpy=name, library=library or name, **facts)


FUNCTIONS: dict[str, Function] = {}


def register(*functions: Function) -> None:
    """Add records to the table; no name twice, and each with what every room needs of it."""
    for function in functions:
        name = function.name
        if name in FUNCTIONS:
            raise InputError(f"there is a function '{name}' already")
        if not (function.definition or (function.slopes and function.numpy)):
            raise InputError(
                f"'{name}' needs a definition, or else its slopes, and how NumPy computes it"
            )
        if function.slopes and len(function.slopes) != function.arity:
            raise InputError(f"'{name}' takes {function.arity} arguments and needs as many slopes")
        FUNCTIONS[name] = function
        if function.stated is not None:
            place, value = function.stated
            nodes.KNOWN[name] = nodes.num(place), value


def opened(call: nodes.Call, rounded: bool = False) -> Expr | None:
    """The definition in place of a call; in floating point, the form that loses no digits."""
    function = FUNCTIONS[call.function]
    formula = (function.computed if rounded else None) or function.definition
    return None if formula is None else formula(*call.args)


def spelled_out(call: nodes.Call) -> Expr:
    """What stands for a function that a library has no name for."""
    form = opened(call, rounded=True)
    if form is None:
        raise NotSupportedError(
            f"this target cannot write the function '{call.function}': its record needs a "
            "definition, computed= or the target's name for it"
        )
    return form


def _is_kinked(node: Expr) -> bool:
    if isinstance(node, nodes.Call):
        return not FUNCTIONS[node.function].smooth
    return isinstance(node, nodes.Bracket)
