"""Where a size is 0: √(Σ_j x_j²) is 0 where all the x_j are, hypot(x, y) where x and y are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..index import nodes
from ..index.dims import Index
from ..index.functions import is_nonnegative, is_positive
from ..index.nodes import Expr, Ref, Tensor
from ..index.walk import substitute
from ..program import Assignment

Lines = Mapping[Tensor, Assignment]


@dataclass(frozen=True)
class Zero:
    """An element of an input that is 0, at every place of the indices in `over`."""

    element: Ref
    over: frozenset[Index]

    def covers(self, node: Expr) -> bool:
        """True for an element that is among these."""
        return (
            isinstance(node, Ref)
            and node.tensor == self.element.tensor
            and all(
                own is other or bool(own.free & self.over)
                for own, other in zip(self.element.args, node.args, strict=True)
            )
        )


Zeros = frozenset[Zero] | None


def zeros(size: Expr, lines: Lines) -> Zeros:
    """The elements of inputs that are 0 where this is, and only there; None where that is not
    known. lines: what has a name, written out on the way.
    """
    return _zeros(size, frozenset(), lines)


def _zeros(expr: Expr, over: frozenset[Index], lines: Lines) -> Zeros:
    rule = _RULES.get(type(expr))
    return rule(expr, over, lines) if rule else None


def _all(parts: tuple[Expr, ...], over: frozenset[Index], lines: Lines) -> Zeros:
    found = [_zeros(part, over, lines) for part in parts]
    return None if None in found else frozenset().union(*(f for f in found if f is not None))


def _of_ref(expr: Ref, over: frozenset[Index], lines: Lines) -> Zeros:
    line = lines.get(expr.tensor)
    if line is None:
        return frozenset({Zero(expr, over)})
    places = dict(zip(line.indices, expr.args, strict=True))
    return _zeros(substitute(line.value, places), over, lines)


def _of_call(expr: nodes.Call, over: frozenset[Index], lines: Lines) -> Zeros:
    return _all(expr.args, over, lines) if expr.function in ("abs", "hypot") else None


def _of_power(expr: Expr, over: frozenset[Index], lines: Lines) -> Zeros:
    base, exponent = expr.args
    positive = isinstance(exponent, nodes.Num) and exponent.value > 0
    return _zeros(base, over, lines) if positive else None


def _of_product(expr: Expr, over: frozenset[Index], lines: Lines) -> Zeros:
    """That of the one factor that is not known to differ from 0; a scale does."""
    chosen = (nodes.Delta, nodes.Bracket)
    left = [a for a in expr.args if not (is_positive(a) or _is_scale(a, lines))]
    told = [a for a in left if not isinstance(a, (nodes.Num, *chosen))]
    return _zeros(told[0], over, lines) if len(told) == 1 else None


def _is_scale(expr: Expr, lines: Lines) -> bool:
    base, _ = nodes.base_exp(expr)
    line = lines.get(base.tensor) if isinstance(base, Ref) else None
    return line is not None and line.constant


def _of_sum(expr: Expr, over: frozenset[Index], lines: Lines) -> Zeros:
    """A sum is 0 where all terms are, if none is negative or each is at a place of its own."""
    places = [f for t in expr.args for f in t.args if isinstance(f, nodes.Delta)]
    apart = len(set(places)) == len(expr.args) == len(places)
    return _all(expr.args, over, lines) if apart or all(map(is_nonnegative, expr.args)) else None


def _of_reduction(expr: nodes.Reduce, over: frozenset[Index], lines: Lines) -> Zeros:
    inner = expr.args[0]
    told = expr.op in ("sum", "max") and is_nonnegative(inner)
    return _zeros(inner, over | frozenset(expr.bound), lines) if told else None


_RULES: dict[type[Expr], Callable[[Any, frozenset[Index], Lines], Zeros]] = {
    Ref: _of_ref,
    nodes.Call: _of_call,
    nodes.Pow: _of_power,
    nodes.Mul: _of_product,
    nodes.Add: _of_sum,
    nodes.Reduce: _of_reduction,
}
