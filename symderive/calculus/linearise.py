"""Differentiate one assignment: every occurrence of a tensor, with the partial derivative by that
occurrence.

The derivative of an expression by a tensor u is `Σ over bound of partial * δ(indices, K)`, one such
part an occurrence; nothing is expanded, and a Σ is differentiated under the sign with fresh bound
indices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import NotSupportedError
from ..index import nodes
from ..index.dims import Index
from ..index.functions import SIDED
from ..index.nodes import ONE, ZERO, Expr, Reduce, Tensor
from ..index.partials import partial, power_partials
from ..index.walk import rename_bound, transform


@dataclass(frozen=True)
class Part:
    """`Σ_bound partial · ∂tensor[indices]`."""

    bound: tuple[Index, ...]
    indices: tuple[Expr, ...]
    partial: Expr

    def scaled(self, factor: Expr) -> Part:
        """The same part times a factor."""
        return Part(self.bound, self.indices, nodes.mul(factor, self.partial))


def linearise(value: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    """The parts of ∂value/∂tensor, where `output` is the name of the value."""
    return _merge(_parts(value, tensor, output))


def _parts(expr: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    if tensor not in expr.tensors:
        return []
    rule = _PARTS.get(type(expr))
    if rule is None:
        raise NotSupportedError(
            f"no rule differentiates {expr} by {tensor.name}; "
            "it would go into calculus/linearise.py"
        )
    return rule(expr, tensor, output)


def _merge(parts: list[Part]) -> list[Part]:
    """x·x has two occurrences of x_i; their partials add."""
    merged: dict[tuple[tuple[Index, ...], tuple[Expr, ...]], Expr] = {}
    for part in parts:
        if part.partial is not ZERO:
            key = (part.bound, part.indices)
            merged[key] = nodes.add(merged[key], part.partial) if key in merged else part.partial
    return [
        Part(bound, indices, unsided(value))
        for (bound, indices), value in merged.items()
        if value is not ZERO
    ]


def unsided(expr: Expr) -> Expr:
    """The expression with the value itself for what was told by one of its sides."""

    def leaf(node: Expr) -> Expr | None:
        told = isinstance(node, nodes.Call) and node.function == SIDED
        return transform(node.args[0], leaf) if told else None

    return transform(expr, leaf)


def _ref(expr: nodes.Ref, tensor: Tensor, output: Expr) -> list[Part]:
    if expr.tensor == tensor:
        return [Part((), expr.args, ONE)]
    raise NotSupportedError(
        f"{tensor.name} selects elements of {expr.tensor.name}: an index has no derivative"
    )


def _add(expr: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    return [part for arg in expr.args for part in _parts(arg, tensor, arg)]


def _mul(expr: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    found = []
    for n, arg in enumerate(expr.args):
        others = nodes.mul(*expr.args[:n], *expr.args[n + 1 :])
        found += [part.scaled(others) for part in _parts(arg, tensor, arg)]
    return found


def _pow(expr: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    base, exp = expr.args
    by_base, by_exp = power_partials(base, exp, output)
    return [p.scaled(by_base) for p in _parts(base, tensor, base)] + [
        p.scaled(by_exp) for p in _parts(exp, tensor, exp)
    ]


def _call(expr: nodes.Call, tensor: Tensor, output: Expr) -> list[Part]:
    found = []
    for n, arg in enumerate(expr.args):
        inside = _parts(arg, tensor, arg)
        if inside:
            outer = partial(expr.function, n, expr.args, output)
            found += [part.scaled(outer) for part in inside]
    return found


def _constant(expr: Expr, tensor: Tensor, output: Expr) -> list[Part]:
    """A relation or a δ between values is constant but for jumps, where its derivative is taken
    as 0.
    """
    return []


def _reduce(expr: Reduce, tensor: Tensor, output: Expr) -> list[Part]:
    apart = rename_bound(expr)
    body = apart.args[0]
    weight = _WEIGHTS[expr.op](apart, output)
    return [
        Part(part.bound + apart.bound, part.indices, nodes.mul(weight, part.partial))
        for part in _parts(body, tensor, body)
    ]


def _extremum_weight(expr: Reduce, output: Expr) -> Expr:
    """[f_j = m] / Σ_k [f_k = m]: the elements that attain the extremum share the gradient
    equally.
    """
    other = rename_bound(expr)
    count = nodes.sum_(other.bound, nodes.bracket("eq", other.args[0], output))
    return nodes.bracket("eq", expr.args[0], output) / count


def _product_weight(expr: Reduce, output: Expr) -> Expr:
    """Π_{k ≠ j} f_k: the product of the others, right also where f_j is 0."""
    other = rename_bound(expr)
    same = nodes.mul(*(nodes.delta(a, b) for a, b in zip(expr.bound, other.bound, strict=True)))
    others = same + (ONE - same) * other.args[0]
    return nodes.reduce_("prod", other.bound, others)


_WEIGHTS: dict[str, Callable[[Reduce, Expr], Expr]] = {
    "sum": lambda expr, output: ONE,
    "max": _extremum_weight,
    "min": _extremum_weight,
    "prod": _product_weight,
}

_PARTS: dict[type[Expr], Callable[[Any, Tensor, Expr], list[Part]]] = {
    nodes.Ref: _ref,
    nodes.Add: _add,
    nodes.Mul: _mul,
    nodes.Pow: _pow,
    nodes.Call: _call,
    nodes.Bracket: _constant,
    nodes.Delta: _constant,
    Reduce: _reduce,
}
