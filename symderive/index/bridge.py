"""Expressions to and from SymPy: SymPy does the scalar calculus, and is what the public surface
hands out.

A tensor element is an `Indexed`, Σ a `Sum` from 0 to n - 1, δ a `KroneckerDelta`, a
bracket a `Piecewise`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from ..errors import NotSupportedError
from . import nodes
from .dims import Index, size_name
from .functions import ARGUMENTS, FUNCTIONS
from .nodes import Expr, Tensor, num
from .text import readable_names

Letters = dict[Index, str]

_FROM_SYMPY: dict[str, str] = {
    f.sympy or f.library: f.name
    for f in FUNCTIONS.values()
    if isinstance(f.sympy, str) and (f.sympy or f.library)
}


def symbol_of(tensor: Tensor) -> sympy.Symbol | sympy.IndexedBase:
    """The SymPy name of a tensor, with what its domain says."""
    domain = tensor.domain
    facts: dict[str, bool] = (
        {"integer": True, "nonnegative": True} if domain.is_label else {"real": True}
    )
    if domain.is_positive:
        facts["positive"] = True
    symbol = sympy.Symbol(tensor.name, **facts)
    return sympy.IndexedBase(symbol) if tensor.dims else symbol


def _place(letter: str) -> sympy.Symbol:
    """The SymPy name of an index variable."""
    return sympy.Symbol(letter, integer=True, nonnegative=True)


def to_sympy(expr: Expr) -> Any:
    """An expression as SymPy, its bound indices by the letters that a plain line would give them.
    The sums are unevaluated; SymPy may reorder factors and terms.
    """
    return _Writer().write(expr, {i: i.letter for i in expr.free})


class _Writer:
    """Expressions to SymPy; what was written once under the same letters is not written again."""

    def __init__(self) -> None:
        self._memo: dict[tuple[Expr, tuple[str, ...]], Any] = {}

    def write(self, expr: Expr, letters: Letters) -> Any:
        key = expr, tuple(sorted(f"{i.label} {name}" for i, name in letters.items()))
        if key not in self._memo:
            if isinstance(expr, nodes.Reduce):
                self._memo[key] = self._reduced(expr, letters)
            elif isinstance(expr, nodes.Idx):
                self._memo[key] = _place(letters.get(expr.index, expr.index.letter))
            else:
                args = [self.write(a, letters) for a in expr.args]
                self._memo[key] = _WRITE[type(expr)](expr, args)
        return self._memo[key]

    def _reduced(self, node: nodes.Reduce, letters: Letters) -> Any:
        inner = readable_names(node.bound, node.args[0], letters)
        body = self.write(node.args[0], inner)
        limits = [(_place(inner[b]), 0, to_sympy(nodes.size(b.dim)) - 1) for b in node.bound]
        if node.op in _REDUCED:
            return _REDUCED[node.op](body, *limits)
        return sympy.Function(f"{node.op}_over")(body, *(s for s, _, _ in limits))


_REDUCED: dict[str, Callable[..., Any]] = {"sum": sympy.Sum, "prod": sympy.Product}
_RELATION = {"gt": sympy.Gt, "ge": sympy.Ge, "eq": sympy.Eq, "ne": sympy.Ne}


_WRITE: dict[type[Expr], Callable[[Any, list[Any]], Any]] = {
    nodes.Num: lambda n, a: sympy.Rational(n.value.numerator, n.value.denominator),
    nodes.Const: lambda n, a: {"pi": sympy.pi, "inf": sympy.oo}[n.name],
    nodes.Size: lambda n, a: sympy.Symbol(size_name(n.dim), integer=True, positive=True),
    nodes.Mod: lambda n, a: sympy.Mod(*a),
    nodes.Ref: lambda n, a: symbol_of(n.tensor)[tuple(a)] if a else symbol_of(n.tensor),
    nodes.Pow: lambda n, a: sympy.Pow(*a),
    nodes.Call: lambda n, a: _called(n, a),
    nodes.Delta: lambda n, a: sympy.KroneckerDelta(*a),
    nodes.Bracket: lambda n, a: sympy.Piecewise((1, _RELATION[n.relation](*a)), (0, True)),
    nodes.Mul: lambda n, a: sympy.Mul(*a),
    nodes.Add: lambda n, a: sympy.Add(*a),
}


def _called(node: nodes.Call, args: list[Any]) -> Any:
    """SymPy's function, or the definition in terms of its functions."""
    function = FUNCTIONS[node.function]
    name = function.called("sympy")
    if callable(name):
        return name(sympy, *args)
    if name and hasattr(sympy, name):
        return getattr(sympy, name)(*args)
    if function.definition is None:
        return sympy.Function(node.function)(*args)
    definition = to_sympy(function.definition(*function.arguments))
    slots = [symbol_of(t) for t in ARGUMENTS]
    return definition.subs(list(zip(slots, args, strict=False)), simultaneous=True)


def from_sympy(expr: Any, slots: Mapping[Any, Tensor]) -> Expr:
    """A scalar SymPy expression as ours; its symbols are read through `slots`."""
    if expr in slots:
        return slots[expr][()]
    if expr is sympy.pi:
        return nodes.const("pi")
    if expr.is_Rational:
        return num(Fraction(int(expr.p), int(expr.q)))
    args = [from_sympy(a, slots) for a in expr.args]
    if expr.is_Add:
        return nodes.add(*args)
    if expr.is_Mul:
        return nodes.mul(*args)
    if expr.is_Pow and not isinstance(expr, sympy.exp):
        return nodes.power(*args)
    name = _FROM_SYMPY.get(expr.func.__name__)
    if name is None:
        raise NotSupportedError(
            f"SymPy's {expr.func.__name__} has no counterpart; "
            "it would be an entry in index/functions/"
        )
    return nodes.call(name, *args)
