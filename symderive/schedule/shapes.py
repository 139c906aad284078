"""Questions that several parts of the schedule ask : canonical form, size, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.functions import FUNCTIONS
from ..index.memo import remembered
from ..index.nodes import Expr, Tensor
from ..index.places import chooses_values, whole_axis
from ..index.text import factor_order, factors_of
from ..index.walk import substitute, transform, walk

_BOUND = 1_000  # serials of bound indices in canonical form
TRANSCENDENTAL = 20
CHEAP = 3.0  # no more elementwise operations than this are done twice


@remembered
def canonical(expr: Expr) -> tuple[Expr, tuple[Index, ...]]:
    """The expression with its indices renamed in order, so that equal arrays are one object.

    With it come its own free indices, in the order in which the canonical ones stand for them.
    """
    free = tuple(sorted(expr.free))
    count: Counter[Dim] = Counter()
    mapping: dict[Index, Expr | Index] = {}
    for index in free:
        mapping[index] = Index(index.dim, count[index.dim])
        count[index.dim] += 1
    return substitute(_bound_in_order(expr, 0), mapping), free


def reading_order(expr: Expr) -> tuple[Index, ...]:
    """The free indices in the order in which the largest tensors inside have them."""
    seen: dict[Index, None] = {}
    for ref in sorted(
        (n for n in walk(expr) if isinstance(n, nodes.Ref)),
        key=lambda r: (-len(r.free), factor_order(r)),
    ):
        seen.update(
            {a.index: None for a in ref.args if isinstance(a, nodes.Idx) and a.index in expr.free}
        )
    return tuple(dict.fromkeys((*seen, *sorted(expr.free))))


def _bound_in_order(expr: Expr, depth: int) -> Expr:
    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Reduce):
            return None
        names = {b: Index(b.dim, _BOUND + depth + n) for n, b in enumerate(sorted(node.bound))}
        body = _bound_in_order(node.args[0], depth + len(names))
        return nodes.reduce_(node.op, names.values(), substitute(body, names))

    return transform(expr, leaf)


def mean_parts(expr: Expr) -> tuple[nodes.Reduce, Expr] | None:
    """`Σ body / size` in a product: that reduction and the rest; None where there is no mean."""
    factors = factors_of(expr)
    for factor in factors:
        if isinstance(factor, nodes.Reduce) and factor.op == "sum":
            lengths = inverse_lengths(factor)
            if all(isinstance(n, nodes.Pow) and n in factors for n in lengths):
                rest = [f for f in factors if f is not factor and f not in lengths]
                return factor, nodes.mul(*rest)
    return None


def inverse_lengths(total: nodes.Reduce) -> list[Expr]:
    """What makes a sum a mean: 1/n for each dim that it runs over, 1/n² where it does so twice."""
    times = Counter(b.dim for b in total.bound)
    return [nodes.power(nodes.size(d), nodes.num(-count)) for d, count in times.items()]


def is_contraction(expr: Expr) -> bool:
    """A sum of products in which no factor has all the indices, such as a matrix product.

    A bracket may stand beside a factor that has its indices: it chooses elements of that one.
    """
    if (
        not isinstance(expr, nodes.Reduce)
        or expr.op != "sum"
        or not isinstance(expr.args[0], nodes.Mul)
    ):
        return False
    held = [f for f in expr.args[0].args if f.free]
    factors = [f for f in held if not isinstance(f, (nodes.Bracket, nodes.Delta))]
    for choice in (f for f in held if f not in factors):
        if isinstance(choice, nodes.Delta) or not any(choice.free <= f.free for f in factors):
            return False
    return len(factors) > 1 and not any(f.free >= expr.args[0].free for f in factors)


def groups_of(expr: nodes.Reduce) -> list[Expr]:
    """The factors of a sum, gathered by their indices, as products in the order of factors."""
    groups = grouped(sorted(factors_of(expr.args[0]), key=factor_order))
    return sorted((nodes.mul(*g) for g in groups), key=factor_order)


def grouped(factors: Sequence[Expr]) -> list[list[Expr]]:
    """The factors by their indices: the indices of no group lie within those of another."""
    largest: list[frozenset[Index]] = []
    for factor in sorted(factors, key=lambda f: -len(f.free)):
        if not any(factor.free <= other for other in largest):
            largest.append(factor.free)
    groups: list[list[Expr]] = [[] for _ in largest]
    for factor in factors:
        homes = [n for n, free in enumerate(largest) if factor.free <= free]
        for home in homes if chooses_values(factor) else homes[:1]:
            groups[home].append(factor)
    return groups


def contracted_terms(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum of which at least one is a contraction by itself; else none."""
    if not isinstance(expr, nodes.Reduce) or expr.op != "sum":
        return ()
    body = expr.args[0]
    if not isinstance(body, nodes.Add):
        return ()
    return body.args if any(is_contraction(nodes.sum_(expr.bound, t)) for t in body.args) else ()


def has_reduction(expr: Expr) -> bool:
    """True where a reduction stands anywhere inside."""
    return any(isinstance(n, nodes.Reduce) for n in walk(expr))


def weight(dims: tuple[Dim, ...]) -> float:
    """How large an array over these dims is, in a unit in which every dim is 32 long."""
    size = 1.0
    for dim in dims:
        size *= dim.length if dim.length is not None else 32
    return size


def work(expr: Expr) -> float:
    """Operations for one element; transcendental ones count as many, a reduction as infinite."""
    total = 0.0
    for node in walk(expr):
        if isinstance(node, nodes.Reduce):
            return float("inf")
        if isinstance(node, nodes.Call):
            total += 1 if FUNCTIONS[node.function].exact else TRANSCENDENTAL
        elif isinstance(node, nodes.Pow):
            total += _power_work(node)
        elif isinstance(node, (nodes.Add, nodes.Mul)):
            total += sum(a is not nodes.MINUS_ONE for a in node.args) - 1
        elif isinstance(node, (nodes.Bracket, nodes.Delta)):
            total += 1
    return total


def effort(expr: Expr) -> float:
    """The same, where a division is one operation, not a reciprocal and a product."""
    quotients = (n for n in walk(expr) if isinstance(n, nodes.Pow))
    return work(expr) - sum(n.args[1] is nodes.MINUS_ONE for n in quotients)


def _power_work(node: nodes.Pow) -> float:
    exponent = node.args[1]
    if exponent in (nodes.MINUS_ONE, nodes.num(2), nodes.HALF):
        return 1
    return (
        2 if isinstance(exponent, nodes.Num) and exponent.value.denominator <= 2 else TRANSCENDENTAL
    )


def is_plain(expr: Expr) -> bool:
    """True for `tensor[i, j, ...]` with distinct indices, each over the whole of its axis."""
    if not isinstance(expr, nodes.Ref):
        return False
    return len(set(plain_indices(expr))) == len(expr.args)


def plain_indices(expr: nodes.Ref) -> tuple[Index, ...]:
    """The indices of a plain reference, in order."""
    places = zip(expr.args, expr.tensor.dims, strict=True)
    found = (whole_axis(place, dim) for place, dim in places)
    return tuple(index for index in found if index is not None)


def uses(values: Mapping[str, Expr] | list[Expr]) -> Counter[Tensor]:
    """How often each tensor is referred to, each distinct reference counting once."""
    found: Counter[Tensor] = Counter()
    for value in values.values() if isinstance(values, Mapping) else values:
        found.update(n.tensor for n in walk(value) if isinstance(n, nodes.Ref))
    return found


@dataclass(frozen=True)
class Running:
    """`Σ_bound [index ≥ bound] body`: a running sum; `backwards` for `[bound ≥ index]`."""

    index: Index
    bound: Index
    body: Expr
    backwards: bool


def running(expr: Expr) -> Running | None:
    """A running sum, or None for any other expression."""
    if not isinstance(expr, nodes.Reduce) or expr.op != "sum" or len(expr.bound) != 1:
        return None
    (bound,) = expr.bound
    for factor in factors_of(expr.args[0]):
        if not isinstance(factor, nodes.Bracket) or factor.relation != "ge":
            continue
        first, second = factor.args
        if not isinstance(first, nodes.Idx) or not isinstance(second, nodes.Idx):
            continue
        rest = nodes.mul(*(f for f in factors_of(expr.args[0]) if f is not factor))
        index = second.index if first.index == bound else first.index
        inside = bound in rest.free and index not in rest.free and index.dim == bound.dim
        if inside and bound in (first.index, second.index):
            return Running(index, bound, rest, backwards=first.index == bound)
    return None
