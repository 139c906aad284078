"""Match an expression against a pattern over index variables, modulo the order of factors and
terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..index.dims import Index
from ..index.nodes import Add, Bracket, Call, Delta, Expr, Idx, Mul, Reduce, Ref, idx

Binding = Mapping[Index, Expr]


def match(pattern: Expr, expr: Expr) -> dict[Index, Expr] | None:
    """What the free indices of the pattern stand for, so that pattern = expr; else None."""
    return next((dict(found) for found in _match(pattern, expr, pattern.free, {})), None)


def _match(
    pattern: Expr, expr: Expr, variables: frozenset[Index], found: Binding
) -> Iterator[Binding]:
    if isinstance(pattern, Idx) and pattern.index in variables:
        known = found.get(pattern.index)
        if known is None:
            yield {**found, pattern.index: expr}
        elif known is expr:
            yield found
    elif not pattern.free & variables:
        if pattern is expr:
            yield found
    elif _same_head(pattern, expr):
        if isinstance(pattern, Reduce) and isinstance(expr, Reduce):
            yield from _match_reduce(pattern, expr, variables, found)
        else:
            yield from _match_args(pattern.args, expr.args, variables, found, _commutes(pattern))


def _same_head(pattern: Expr, expr: Expr) -> bool:
    return (
        type(pattern) is type(expr)
        and len(pattern.args) == len(expr.args)
        and _label(pattern) == _label(expr)
    )


def _label(expr: Expr) -> object:
    if isinstance(expr, Ref):
        return expr.tensor
    if isinstance(expr, Call):
        return expr.function
    if isinstance(expr, Bracket):
        return expr.relation
    if isinstance(expr, Reduce):
        return expr.op, tuple(b.dim for b in expr.bound)
    return None


def _commutes(expr: Expr) -> bool:
    return isinstance(expr, (Add, Mul, Delta)) or (
        isinstance(expr, Bracket) and expr.relation in ("eq", "ne")
    )


def _match_args(
    patterns: tuple[Expr, ...],
    exprs: tuple[Expr, ...],
    variables: frozenset[Index],
    found: Binding,
    commutes: bool,
) -> Iterator[Binding]:
    if not patterns:
        yield found
        return
    for n, expr in enumerate(exprs if commutes else exprs[:1]):
        rest = exprs[:n] + exprs[n + 1 :]
        for inner in _match(patterns[0], expr, variables, found):
            yield from _match_args(patterns[1:], rest, variables, inner, commutes)


def _match_reduce(
    pattern: Reduce, expr: Reduce, variables: frozenset[Index], found: Binding
) -> Iterator[Binding]:
    """The bound names of the pattern come to stand for those of the expression."""
    outer = {i: e for i, e in found.items() if i not in pattern.bound}
    wanted = {idx(b) for b in expr.bound}
    for inner in _match(pattern.args[0], expr.args[0], variables | frozenset(pattern.bound), outer):
        chosen = {inner[b] for b in pattern.bound if b in inner}
        leaks = any(
            e.free & frozenset(expr.bound) for i, e in inner.items() if i not in pattern.bound
        )
        if chosen == wanted and not leaks:
            kept = {i: e for i, e in inner.items() if i not in pattern.bound}
            yield {**{i: e for i, e in found.items() if i in pattern.bound}, **kept}
