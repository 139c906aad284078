"""Arithmetic, functions, reductions and products of arrays in NumPy's words."""

from __future__ import annotations

from string import ascii_lowercase

from ...arrays import nodes
from ...arrays.nodes import NUMBER
from ...index.dims import Index
from ...index.functions import FUNCTIONS
from ...index.text import shortest
from ..python.spelling import Spelling, Words
from ..python.syntax import (
    Call,
    Literal,
    Name,
    Star,
    Syntax,
    binary,
    call,
    literal,
    member,
    negative,
    row,
    subscript,
)

OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "whole_quotient": "//",
    "modulo": "%", "power": "**", "and": "&",
    "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!=",
}  # fmt: skip
HELPERS = {  # functions of the module, and those that they call
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
_PLAIN = frozenset(("add", "subtract", "multiply", "divide", "negative", "sqrt"))
_CONSTANTS = {"pi": "np.pi", "inf": "np.inf"}


def has_name(function: str) -> bool:
    """True for a scalar function that NumPy has, or the module."""
    return function in HELPERS or bool(_own(function))


def _own(function: str) -> str:
    own = FUNCTIONS[function].called("numpy")
    return own if isinstance(own, str) else ""


def _native(function: str) -> str:
    """What NumPy calls a function."""
    return f"np.{function if function in _PLAIN else _own(function)}"


def _number(spell: Spelling, array: nodes.Number) -> Syntax:
    size = Literal(shortest(abs(array.value)))
    return negative(size) if array.value < 0 else size


def _elementwise(spell: Spelling, array: nodes.Elementwise) -> Syntax:
    args = [spell.write(a) for a in array.args]
    if array.function == "negative":
        return negative(args[0])
    if array.function in OPERATORS:
        return binary(OPERATORS[array.function], args[0], args[1])
    return _function(spell, array, args)


def _function(spell: Spelling, array: nodes.Elementwise, args: list[Syntax]) -> Syntax:
    alone = array.kind == NUMBER
    if array.function in HELPERS:
        name, *others = HELPERS[array.function]
        spell.helpers.update(others)
        ratio = array.function == "ratio"
        written = spell.helper(
            name, *(call("np.float64", a) if alone and not ratio else a for a in args)
        )
        return written if ratio or not alone else call("float", written)
    written = call(_native(array.function), *args)
    return call("float", written) if alone else written  # a NumPy scalar widens float32


def filling(spell: Spelling, array: nodes.Elementwise, out: str) -> Call:
    """The function that writes its values into the array called `out`."""
    names = HELPERS.get(array.function, ())
    spell.helpers.update(names)
    name = names[0] if names else _native(array.function)
    return call(name, *map(spell.write, array.args), out=out)


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
        options["axis"] = _axes(spell, array)
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


def _axes(spell: Spelling, array: nodes.Reduction) -> Syntax:
    """The axes that are reduced."""
    axes = array.value.axes
    places = [n - len(axes) for n, a in enumerate(axes) if a in array.over]
    if array.batch is not None:
        name, others = array.batch
        rank = member(Name(name), "ndim")
        leading = call("range", binary("-", rank, literal(others)) if others else rank)
        rest = [literal(p) for p in places[1:]]
        return row(Star(leading), *rest) if rest else call("tuple", leading)
    if places == [-1]:
        return spell.place(-1)
    if -1 not in places and not any(a is not None and a.dim.is_batch for a in axes):
        places = [p + len(axes) for p in places]
    written = [literal(p) for p in places]
    return written[0] if len(written) == 1 else row(*written)


def _dot(spell: Spelling, array: nodes.Dot) -> Syntax:
    options: dict[str, Syntax] = {}
    if spell.axis != "-1":
        options["axis"] = spell.place(-1)
    if array.keep:
        options["keepdims"] = Name("True")
    return call("np.vecdot", spell.write(array.left), spell.write(array.right), **options)


def _tensor_dot(spell: Spelling, array: nodes.TensorDot) -> Syntax:
    left, right = array.left.axes, array.right.axes
    over = [a for a in left if a in right]
    places = [left.index(a) for a in over], [right.index(a) for a in over]
    ends = (list(range(len(left) - len(over), len(left))), list(range(len(over))))
    axes: Syntax = row(*(row(*map(literal, p)) if len(p) > 1 else literal(p[0]) for p in places))
    axes = literal(len(over)) if places == ends else axes
    return call("np.tensordot", spell.write(array.left), spell.write(array.right), axes=axes)


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


ARITHMETIC: Words = {
    nodes.Held: lambda s, a: Name(a.name),
    nodes.Number: _number,
    nodes.Constant: lambda s, a: Name(_CONSTANTS[a.name]),
    nodes.Length: lambda s, a: subscript(member(Name(a.name), "shape"), s.place(a.place)),
    nodes.Count: lambda s, a: member(Name(a.name), "size"),
    nodes.Arange: lambda s, a: call("np.arange", s.write(a.length)),
    nodes.Elementwise: _elementwise,
    nodes.Choice: lambda s, a: call("np.where", *map(s.write, a.parts)),
    nodes.GuardedQuotient: _guarded,
    nodes.Cast: lambda s, a: call(member(s.write(a.value), "astype"), dtype_of(a.like)),
    nodes.Whole: lambda s, a: call(member(s.write(a.value), "astype"), "int"),
    nodes.Reduction: _reduction,
    nodes.Dot: _dot,
    nodes.MatMul: lambda s, a: binary("@", s.write(a.left), s.write(a.right)),
    nodes.TensorDot: _tensor_dot,
    nodes.Einsum: _einsum,
    nodes.Flat: lambda s, a: s.helper("_rows", s.write(a.value)),
    nodes.RunningSum: _running,
    nodes.Applied: lambda s, a: call(a.function, *map(s.write, a.args)),
}
