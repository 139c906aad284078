"""Rewrites of whole expressions that a reader sees as single steps: split, sift, pull out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Add, Expr, Mul, Reduce, Tensor, delta
from ..index.ranges import decided, guards, isolate
from ..index.terms import terms
from ..index.walk import rebuild, substitute
from .normal import normal

MOST_SPLIT = 60


@dataclass(frozen=True)
class Example:
    """An expression on which a rule fires, and what it becomes."""

    before: Expr
    after: Expr


def bottom_up(expr: Expr, rule: Callable[[Expr], Expr]) -> Expr:
    """Apply a rule to every node, children first; index expressions are left alone."""
    if isinstance(expr, (nodes.Ref, nodes.Delta, nodes.Bracket)) or not expr.args:
        return expr
    return rule(rebuild(expr, tuple(bottom_up(a, rule) for a in expr.args)))


def split(expr: Expr) -> Expr:
    """Σ a (b + c) = Σ a b + Σ a c."""
    return bottom_up(expr, _split)


def _split(expr: Expr) -> Expr:
    if isinstance(expr, Mul):
        count = 1
        for factor in expr.args:
            count *= len(terms(factor))
        if 1 < count <= MOST_SPLIT:
            return nodes.add(*(nodes.mul(*chosen) for chosen in product(*map(terms, expr.args))))
    if isinstance(expr, Reduce) and expr.op == "sum" and isinstance(expr.args[0], Add):
        return nodes.add(*(nodes.sum_(expr.bound, t) for t in expr.args[0].args))
    return expr


def sift(expr: Expr) -> Expr:
    """Σ_i δ_ik f_i = f_k, with brackets where k may lie beyond the axis of i."""
    return bottom_up(expr, _sift)


def _sift(expr: Expr) -> Expr:
    if not isinstance(expr, Reduce) or expr.op != "sum":
        return expr
    factors = expr.args[0].args if isinstance(expr.args[0], Mul) else (expr.args[0],)
    for factor in factors:
        if not isinstance(factor, nodes.Delta):
            continue
        solved = isolate(factor.args[0] - factor.args[1], expr.bound)
        if solved is not None:
            index, value = solved
            rest = [substitute(f, {index: value}) for f in factors if f is not factor]
            left = [b for b in expr.bound if b != index]
            return _sift(nodes.sum_(left, decided(nodes.mul(*guards(value, index), *rest))))
    return expr


def pull_out(expr: Expr) -> Expr:
    """Σ_i c f_i = c Σ_i f_i."""
    return bottom_up(expr, _pull_out)


def _pull_out(expr: Expr) -> Expr:
    if not isinstance(expr, Reduce) or expr.op != "sum" or isinstance(expr.args[0], Add):
        return expr
    factors = expr.args[0].args if isinstance(expr.args[0], Mul) else (expr.args[0],)
    outside = [f for f in factors if f.free.isdisjoint(expr.bound)]
    if not outside:
        return expr
    inside = [f for f in factors if not f.free.isdisjoint(expr.bound)]
    held = [b for b in expr.bound if any(b in f.free for f in inside)]
    sizes = [nodes.size(b.dim) for b in expr.bound if b not in held]
    return nodes.mul(*outside, *sizes, nodes.sum_(held, nodes.mul(*inside)))


def normalise(expr: Expr) -> Expr:
    """The normal form, as a rewrite."""
    return normal(expr)


_N = Dim("n")
_I, _K = Index(_N), Index(_N, 1)
_F, _G, _C = Tensor("f", (_N,)), Tensor("g", (_N,)), Tensor("c")


def split_example() -> Example:
    """Σ_i f_i (g_i + c)."""
    return Example(
        nodes.sum_([_I], _F[_I] * (_G[_I] + _C[()])),
        nodes.sum_([_I], _F[_I] * _G[_I]) + nodes.sum_([_I], _F[_I] * _C[()]),
    )


def sift_example() -> Example:
    """Σ_i δ_ik f_i."""
    return Example(nodes.sum_([_I], delta(_I, _K) * _F[_I]), _F[_K])


def pull_out_example() -> Example:
    """Σ_i c f_i."""
    return Example(nodes.sum_([_I], _C[()] * _F[_I]), _C[()] * nodes.sum_([_I], _F[_I]))
