"""Arithmetic, functions, reductions and products of arrays in NumPy's words."""

from __future__ import annotations

from string import ascii_lowercase

from ...arrays import nodes
from ...arrays.nodes import NUMBER
from ...index.dims import Index
from ...index.functions import FUNCTIONS
from ..python.common import COMMON, axes_of
from ..python.spelling import OWN_FUNCTIONS, Spelling, Words
from ..python.syntax import Literal, Name, Syntax, binary, call, member

_PLAIN = frozenset(("add", "subtract", "multiply", "divide", "negative", "sqrt"))


def has_name(function: str) -> bool:
    """True for a scalar function that NumPy has, or the module."""
    return function in OWN_FUNCTIONS or bool(_own(function))


def _own(function: str) -> str:
    own = FUNCTIONS[function].called("numpy")
    return own if isinstance(own, str) else ""


def _native(function: str) -> str:
    """What NumPy calls a function."""
    return f"np.{function if function in _PLAIN else _own(function)}"


def _guarded(spell: Spelling, array: nodes.GuardedQuotient) -> Syntax:
    above, below = spell.write(array.above), spell.write(array.below)
    zeros = call("np.zeros_like", below)
    return call("np.divide", above, below, out=zeros, where=binary(">", below, Literal("0")))


def dtype_of(name: str) -> Syntax:
    """The dtype of an array, or the one that NumPy has for real numbers."""
    return member(Name(name), "dtype") if name else Name("float")


def _reduction(spell: Spelling, array: nodes.Reduction) -> Syntax:
    options: dict[str, Syntax] = {}
    if not array.every:
        options["axis"] = axes_of(spell, array)
        if array.keep:
            options["keepdims"] = Name("True")
    if array.like is not None:
        options["dtype"] = dtype_of(array.like)
    if array.initial is not None:
        options["initial"] = spell.write(array.initial)
    value = spell.write(array.value)
    if isinstance(array.value, nodes.Held):
        return call(member(value, array.op), **options)
    return call(f"np.{array.op}", value, **options)


def _dot(spell: Spelling, array: nodes.Dot) -> Syntax:
    options: dict[str, Syntax] = {}
    if spell.axis != "-1":
        options["axis"] = spell.place(-1)
    if array.keep:
        options["keepdims"] = Name("True")
    return call("np.vecdot", spell.write(array.left), spell.write(array.right), **options)


def _einsum(spell: Spelling, array: nodes.Einsum) -> Syntax:
    names = _letters([a for o in array.operands for a in o.axes if a is not None])
    given = ["".join(names[a] for a in o.axes if a is not None) for o in array.operands]
    result = "".join(names[a] for a in array.axes if a is not None)
    subscripts = Literal(f'"{",".join(given)}->{result}"')
    return call("np.einsum", subscripts, *(spell.write(o) for o in array.operands))


def _letters(indices: list[Index]) -> dict[Index, str]:
    """One letter for each index: the first of its dim's name that is free."""
    names: dict[Index, str] = {}
    for index in dict.fromkeys(indices):
        if index.dim.is_batch:
            names[index] = "..."
            continue
        wanted = [c for c in index.dim.name.lower() if c in ascii_lowercase] + list(ascii_lowercase)
        names[index] = next(c for c in wanted if c not in names.values())
    return names


def _running(spell: Spelling, array: nodes.RunningSum) -> Syntax:
    value, place = spell.write(array.value), spell.place(array.place)
    if not array.backwards:
        return spell.helper("_cumsum", value, place)
    turned = call("np.flip", value, place)
    return call("np.flip", spell.helper("_cumsum", turned, place), place)


def _elementwise(spell: Spelling, array: nodes.Elementwise) -> Syntax:
    """A scalar alone goes to a function of the module as one of NumPy's, which has a dtype."""
    own = array.function in OWN_FUNCTIONS and array.function != "ratio"
    if not own or array.kind != NUMBER:
        return COMMON[nodes.Elementwise](spell, array)
    name = called(spell, array.function)
    return call("float", call(name, *(call("np.float64", spell.write(a)) for a in array.args)))


def called(spell: Spelling, function: str) -> str:
    """The name of a scalar function: that of the module's own, or NumPy's."""
    return spell.own(function) or _native(function)


ARITHMETIC: Words = {
    nodes.Count: lambda s, a: member(Name(a.name), "size"),
    nodes.Elementwise: _elementwise,
    nodes.GuardedQuotient: _guarded,
    nodes.Cast: lambda s, a: call(member(s.write(a.value), "astype"), dtype_of(a.like)),
    nodes.Whole: lambda s, a: call(member(s.write(a.value), "astype"), "int"),
    nodes.Reduction: _reduction,
    nodes.Dot: _dot,
    nodes.Einsum: _einsum,
    nodes.Flat: lambda s, a: s.helper("_rows", s.write(a.value)),
    nodes.RunningSum: _running,
}
