"""Where an expression may differ from 0: the brackets that choose its elements.

With e_ij = [j > i] q_i / r_ij, what e passes on to r is 0 where j ≤ i. What r = √u passes on to u
is that over 2 r, and so must stay chosen by [j > i], or it is 0 / 0 where r is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from functools import cached_property
from typing import Any

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import Expr, Tensor, base_exp
from ..index.terms import factors, terms
from ..index.walk import substitute, walk
from ..program import Assignment

Brackets = frozenset[Expr]
NONE: Brackets = frozenset()


class Supports:
    """What is known of the tensors of a program, and of those that the backward names."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self._equations = {a.tensor: a for a in assignments}
        self._known: dict[Tensor, Brackets] = {}

    @cached_property
    def poles(self) -> frozenset[Tensor]:
        """The tensors that may not be finite."""
        return wild(self._equations.values())

    def add(self, equation: Assignment) -> None:
        """Take in one more equation."""
        self._equations[equation.tensor] = equation

    def of(self, expr: Expr) -> Brackets:
        """Brackets of which each is 1 wherever the expression is not 0."""
        rule = _RULES.get(type(expr))
        return rule(self, expr) if rule else NONE

    def of_tensor(self, tensor: Tensor) -> Brackets:
        """The same of a tensor, over the indices of its equation."""
        if tensor not in self._equations:
            return NONE
        if tensor not in self._known:
            self._known[tensor] = self.of(self._equations[tensor].value)
        return self._known[tensor]

    def of_ref(self, ref: nodes.Ref) -> Brackets:
        """The same of an element of a tensor."""
        tensor = ref.tensor
        found = self.of_tensor(tensor)
        if not found:
            return NONE
        places = dict(zip(self._equations[tensor].indices, ref.args, strict=True))
        return frozenset(substitute(b, places) for b in found)


def _of_sum(supports: Supports, expr: Expr) -> Brackets:
    first, *others = map(supports.of, expr.args)
    return first.intersection(*others)


def _of_power(supports: Supports, expr: Expr) -> Brackets:
    _, exp = base_exp(expr)
    positive = isinstance(exp, nodes.Num) and exp.value > 0
    return supports.of(expr.args[0]) if positive else NONE


def _of_reduction(supports: Supports, expr: nodes.Reduce) -> Brackets:
    if expr.op != "sum":
        return NONE
    inside = supports.of(expr.args[0])
    return frozenset(b for b in inside if b.free.isdisjoint(expr.bound))


_RULES: dict[type[Expr], Callable[[Supports, Any], Brackets]] = {
    nodes.Bracket: lambda supports, expr: frozenset({expr}),
    nodes.Mul: lambda supports, expr: frozenset().union(*map(supports.of, expr.args)),
    nodes.Add: _of_sum,
    nodes.Pow: _of_power,
    nodes.Reduce: _of_reduction,
    nodes.Ref: Supports.of_ref,
}


def needed(chosen: Brackets, factor: Expr, named: frozenset[Tensor] = frozenset()) -> list[Expr]:
    """The brackets that must stand beside a factor, since it has a pole in what they choose from:
    it divides by that, or takes its logarithm. named: tensors that have such a pole.
    """
    poles = [
        node
        for node in walk(factor)
        if has_pole(node) or (isinstance(node, nodes.Ref) and node.tensor in named)
    ]
    return sorted(b for b in chosen if any(_chooses(b, pole) for pole in poles))


def has_pole(node: Expr) -> bool:
    """True for a power that may be below 0, and for a logarithm, of what may be 0."""
    if isinstance(node, nodes.Pow):
        falls = not isinstance(node.args[1], nodes.Num) or node.args[1].value < 0
    else:
        falls = isinstance(node, nodes.Call) and node.function in ("log", "log1p")
    return falls and not is_positive(node.args[0])


def wild(equations: Iterable[Assignment]) -> frozenset[Tensor]:
    """The tensors that may not be finite: those with a pole or an infinity, those that a mask or a
    question such as isnan(x) leaves out in places, and all that is made of them.
    """
    known = list(equations)
    asking = _asking(known)
    found = {t for e in known for t in _left_out(e.value, asking)}
    for equation in known:
        poles = any(map(_is_wild, _outside_brackets(equation.value)))
        if poles or not found.isdisjoint(_read(equation.value, asking)):
            found.add(equation.tensor)
    return frozenset(found)


def _asking(equations: Iterable[Assignment]) -> frozenset[Tensor]:
    """Masks, and the names of questions whether something is finite."""
    found: set[Tensor] = set()
    for equation in equations:
        found |= {t for t in equation.value.tensors if t.domain.is_mask}
        held = [f for t in terms(equation.value) for f in factors(t)]
        if held and all(_asks(f, found) for f in held):
            found.add(equation.tensor)
    return frozenset(found)


def _asks(node: Expr, asking: Container[Tensor]) -> bool:
    """True for [∞ > |x|], a mask, and what compares the names of such."""
    if not isinstance(node, nodes.Bracket):
        return False
    infinite = any(isinstance(n, nodes.Const) and n.name == "inf" for n in walk(node))
    return infinite or any(t in asking for t in node.tensors)


def _left_out(value: Expr, asking: Container[Tensor]) -> set[Tensor]:
    """The tensors whose elements such a question chooses from, in any term."""
    found: set[Tensor] = set()
    for term in terms(value):
        held = factors(term)
        if any(_asks(f, asking) for f in held):
            chosen = (f for f in held if not isinstance(f, nodes.Bracket))
            found |= {t for f in chosen for t in f.tensors if not t.domain.is_label}
        for factor in held:
            if isinstance(factor, nodes.Reduce):
                found |= _left_out(factor.args[0], asking)
    return found


def _read(value: Expr, asking: Container[Tensor]) -> set[Tensor]:
    """The tensors that are read in terms from which no question chooses."""
    found: set[Tensor] = set()
    for term in terms(value):
        held = factors(term)
        if not any(_asks(f, asking) for f in held):
            for factor in held:
                summed = isinstance(factor, nodes.Reduce)
                found |= _read(factor.args[0], asking) if summed else factor.tensors
    return found


def _outside_brackets(expr: Expr) -> Iterator[Expr]:
    """Every node but what brackets compare."""
    yield expr
    if not isinstance(expr, nodes.Bracket):
        for arg in expr.args:
            yield from _outside_brackets(arg)


def _is_wild(node: Expr) -> bool:
    return has_pole(node) or (isinstance(node, nodes.Const) and node.name == "inf")


def _chooses(bracket: Expr, pole: Expr) -> bool:
    """True where the bracket tells elements of what has the pole apart, or both are scalars."""
    return bracket.free <= pole.free and bool(bracket.free or not pole.free)
