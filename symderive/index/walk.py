"""Go through an expression: rebuild it, substitute indices without capture, replace tensors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from . import nodes
from .dims import Index
from .nodes import Add, Bracket, Call, Delta, Expr, Idx, Mod, Mul, Pow, Reduce, Ref, Tensor

FIRST_FRESH = 1_000_000


class _Fresh(threading.local):
    """How far this thread has counted."""

    def __init__(self) -> None:
        self.serials = count(FIRST_FRESH)


_FRESH = _Fresh()

REBUILD: dict[type[Expr], Callable[[Any, tuple[Expr, ...]], Expr]] = {
    Add: lambda e, args: nodes.add(*args),
    Mul: lambda e, args: nodes.mul(*args),
    Pow: lambda e, args: nodes.power(*args),
    Mod: lambda e, args: nodes.mod(*args),
    Call: lambda e, args: nodes.call(e.function, *args),
    Delta: lambda e, args: nodes.delta(*args),
    Bracket: lambda e, args: nodes.bracket(e.relation, *args),
    Ref: lambda e, args: nodes.ref(e.tensor, *args),
    Reduce: lambda e, args: nodes.reduce_(e.op, e.bound, args[0]),
}


def rebuild(expr: Expr, args: tuple[Expr, ...]) -> Expr:
    """The same node over other children."""
    return expr if args == expr.args else REBUILD[type(expr)](expr, args)


def walk(expr: Expr) -> Iterator[Expr]:
    """Every distinct node, children before parents."""
    seen: set[Expr] = set()

    def visit(node: Expr) -> Iterator[Expr]:
        if node not in seen:
            seen.add(node)
            for arg in node.args:
                yield from visit(arg)
            yield node

    return visit(expr)


def transform(expr: Expr, leaf: Callable[[Expr], Expr | None]) -> Expr:
    """Rebuild from the top: where `leaf` gives an expression it stands, elsewhere the children
    are transformed.
    """
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        found = memo.get(node)
        if found is None:
            found = leaf(node)
            if found is None:
                found = rebuild(node, tuple(visit(a) for a in node.args)) if node.args else node
            memo[node] = found
        return found

    return visit(expr)


def fresh(index: Index) -> Index:
    """A new index variable of the same dim, used nowhere else."""
    return Index(index.dim, next(_FRESH.serials))


def restart() -> None:
    """Count this thread's fresh index variables from the start again, so that what is derived does
    not depend on what was before.

    Safe where no expression at hand holds a fresh index that is free: bound ones are renamed apart
    when they clash.
    """
    _FRESH.serials = count(FIRST_FRESH)


def substitute(expr: Expr, mapping: Mapping[Index, Expr | Index]) -> Expr:
    """Replace free index variables by index expressions; bound ones are renamed apart where they
    would capture.
    """
    return _substitute(expr, {i: nodes.as_expr(e) for i, e in mapping.items()}, {})


def _substitute(expr: Expr, mapping: dict[Index, Expr], memo: dict[Expr, Expr]) -> Expr:
    if not any(i in expr.free for i in mapping):
        return expr
    if isinstance(expr, Idx):
        return mapping[expr.index]
    found = memo.get(expr)
    if found is not None:
        return found
    if isinstance(expr, Reduce):
        live = {i: e for i, e in mapping.items() if i in expr.free}
        incoming = frozenset().union(*(e.free for e in live.values()))
        apart = {b: nodes.idx(fresh(b)) for b in expr.bound if b in incoming}
        bound = tuple(apart[b].index if b in apart else b for b in expr.bound)
        found = nodes.reduce_(expr.op, bound, _substitute(expr.args[0], {**live, **apart}, {}))
    else:
        found = rebuild(expr, tuple(_substitute(a, mapping, memo) for a in expr.args))
    memo[expr] = found
    return found


def rename_bound(expr: Reduce) -> Reduce:
    """The same reduction over fresh bound indices."""
    apart = {b: fresh(b) for b in expr.bound}
    body = substitute(expr.args[0], apart)
    made = nodes.reduce_(expr.op, apart.values(), body)
    assert isinstance(made, Reduce)
    return made


def replace_tensor(expr: Expr, tensor: Tensor, value: Callable[[tuple[Expr, ...]], Expr]) -> Expr:
    """Replace every `tensor[indices]` by `value(indices)`, renaming bound indices apart where they
    would capture.

    What stands in a bracket stays: [x_i = m] must compare the very numbers of which m is the
    maximum, and an equal expression that rounds otherwise would not do.
    """
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if tensor not in node.tensors or isinstance(node, Bracket):
            return node
        found = memo.get(node)
        if found is None:
            found = memo[node] = replaced(node)
        return found

    def replaced(node: Expr) -> Expr:
        if isinstance(node, Ref) and node.tensor == tensor:
            return value(tuple(map(visit, node.args)))
        if isinstance(node, Reduce):
            # the value may hold indices of its own that a bound name here would capture, so bound
            # names are made new
            node = rename_bound(node)
        return rebuild(node, tuple(map(visit, node.args)))

    return visit(expr)


def refs(expr: Expr, tensor: Tensor | None = None) -> list[Ref]:
    """The distinct references in an expression (to one tensor, where it is given), in the order
    of their keys.
    """
    return sorted(n for n in walk(expr) if isinstance(n, Ref) and tensor in (None, n.tensor))
