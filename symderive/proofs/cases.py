"""A Jacobian by cases: its value where two indices agree, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass

from ..calculus.result import Jacobian
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import factors_of
from ..index.walk import substitute, transform, walk


@dataclass(frozen=True)
class Split:
    """A Jacobian by cases: the two indices that are compared, and the value where they agree and
    where they differ."""

    row: Index
    column: Index
    equal: Expr
    differ: Expr


def split(jacobian: Jacobian) -> Split | None:
    """The cases of a Jacobian that compares exactly one pair of indices with a δ; None for any
    other."""
    value = jacobian.value
    deltas = sorted({n for n in walk(value) if isinstance(n, nodes.Delta)})
    if len(deltas) != 1 or not all(isinstance(a, nodes.Idx) for a in deltas[0].args):
        return None
    pair = [a.index for a in deltas[0].args if isinstance(a, nodes.Idx)]
    column = next((i for i in pair if i in jacobian.columns and i in value.free), None)
    if column is None or not set(pair) <= value.free:
        return None
    row_index = next(i for i in pair if i != column)
    equal = substitute(_with(value, deltas[0], nodes.ONE), {column: row_index})
    return Split(row_index, column, factored(equal), factored(_with(value, deltas[0], nodes.ZERO)))


def _with(value: Expr, delta: Expr, number: Expr) -> Expr:
    return transform(value, lambda node: number if node is delta else None)


def factored(expr: Expr) -> Expr:
    """A sum with what all its terms share in front: o_i - o_i o_i is o_i (1 - o_i)."""
    if not isinstance(expr, nodes.Add):
        return expr
    shared = None
    for term in expr.args:
        powers = {nodes.base_exp(f) for f in factors_of(nodes.coefficient(term)[1])}
        bases = {base for base, exp in powers if isinstance(exp, nodes.Num) and exp.value >= 1}
        shared = bases if shared is None else shared & bases
    front = nodes.mul(*sorted(shared or ()))
    if front is nodes.ONE:
        return expr
    return nodes.mul(
        front, nodes.add(*(nodes.mul(t, nodes.power(front, nodes.MINUS_ONE)) for t in expr.args))
    )


def is_diagonal(jacobian: Jacobian) -> bool:
    """True where each output depends on the input at its own place alone."""
    cases = split(jacobian)
    return cases is not None and cases.differ is nodes.ZERO
