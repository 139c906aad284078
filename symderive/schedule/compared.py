"""What the backward compares has the bits that the forward compared.

[v = m] tells which v is the largest only where v is the very number of which m is the maximum. A v
that is computed again may be rounded otherwise: its factors in another order, its end of an array
by other instructions. So what is compared is saved as the forward computed it, unless every
operation on the way to it is one that IEEE 754 rounds correctly, of operands that nothing
reorders: that gives the same bits anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import inf

from ..index import nodes
from ..index.functions import FUNCTIONS
from ..index.nodes import Expr, Tensor
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from .names import Namer
from .rename import tensors_of
from .shapes import CHEAP, canonical, effort, reading_order
from .subexpressions import Name


def with_names(forward: Program, backward: Program) -> tuple[Program, Program]:
    """Both programs, where what is compared, and might come out otherwise a second time, is an
    assignment of the forward.
    """
    given = _given(forward)
    known = frozenset(a.tensor for a in forward.assignments) | given
    lines = _again(forward)
    sides = _sides((*forward.assignments, *backward.assignments), given)
    loose = {
        canonical(side)[0]
        for side in sides
        if not isinstance(side, nodes.Ref)
        if side.tensors <= known and _most_roundings(side, lines) > 1
    }
    namer = Namer(t.name for t in tensors_of(forward) | tensors_of(backward))
    for side in sorted(loose, key=lambda s: s.key):
        forward, backward = _named(side, namer, forward, backward)
    return forward, backward


def compared(forward: Program, backward: Program) -> frozenset[Tensor]:
    """The tensors of which the backward needs the very bits, and would not get them again."""
    lines = _again(forward)
    sides = _sides(backward.assignments, _given(forward))
    refs = [side for side in sides if isinstance(side, nodes.Ref)]
    return frozenset(ref.tensor for ref in refs if _most_roundings(ref, lines) > 1)


def compared_outputs(forward: Program, backward: Program) -> frozenset[Tensor]:
    """The outputs that the backward compares and that half precision would round once more: the
    largest of products, but not the largest of what is given.
    """
    lines = {a.tensor: a for a in forward.assignments}
    sides = _sides(backward.assignments, _given(forward))
    outputs = {o.tensor for o in forward.outputs} & {t for side in sides for t in side.tensors}
    left = {a.tensor: a.left for a in forward.assignments}
    return frozenset(t for t in outputs if t in left and _most_roundings(left[t], lines) > 0)


def _given(program: Program) -> frozenset[Tensor]:
    """What nobody computes."""
    arguments = frozenset(a.tensor for a in program.arguments)
    return arguments | {p.tensor for p in program.parameters}


def _again(forward: Program) -> Mapping[Tensor, Assignment]:
    """The lines that are cheap enough to be carried out twice."""
    return {a.tensor: a for a in forward.assignments if effort(a.value) <= CHEAP}


def _sides(assignments: Iterable[Assignment], given: frozenset[Tensor]) -> Iterator[Expr]:
    """Every computed value by which something is decided: both sides of a comparison with each
    other, a side of an equality, the argument of a step.
    """

    def is_made(side: Expr) -> bool:
        real = frozenset(t for t in side.tensors if not t.domain.is_label)
        return bool(real) and not (isinstance(side, nodes.Ref) and real <= given)

    for node in dict.fromkeys(n for a in assignments for n in walk(a.value)):
        if isinstance(node, nodes.Call) and FUNCTIONS[node.function].steps:
            yield from filter(is_made, node.args)
        elif isinstance(node, nodes.Bracket):
            made = [side for side in node.args if is_made(side)]
            if len(made) == 2 or node.relation in ("eq", "ne"):
                yield from made


def _named(
    value: Expr, namer: Namer, forward: Program, backward: Program
) -> tuple[Program, Program]:
    """Both programs with an assignment of a value, which stands wherever the value stood."""
    indices = reading_order(value)
    tensor = Tensor(namer.name(value), tuple(i.dim for i in indices))
    name = Name(value, tensor, tuple(sorted(value.free).index(i) for i in indices))

    def written(assignments: tuple[Assignment, ...]) -> tuple[Assignment, ...]:
        return tuple(replace(a, value=name.used_in(a.value)) for a in assignments)

    lines = written(forward.assignments)
    places = {a.tensor: n + 1 for n, a in enumerate(lines)}
    first = max((places.get(t, 0) for t in value.tensors), default=0)
    line = Assignment(tensor, indices, value)
    forward = replace(forward, assignments=(*lines[:first], line, *lines[first:]))
    return forward, replace(backward, assignments=written(backward.assignments))


def _most_roundings(expr: Expr, lines: Mapping[Tensor, Assignment]) -> float:
    """Of all operations that make a value of what the lines do not tell. A value where it is 1 has
    the same bits whenever it is computed.
    """

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or node.tensor not in lines:
            return None
        line = lines[node.tensor]
        written = substitute(line.value, dict(zip(line.indices, node.args, strict=True)))
        return transform(written, leaf)

    return max(map(_roundings, walk(transform(expr, leaf))))


def _roundings(node: Expr) -> float:
    """How many operations a node is that round, in an order that code is free to choose; infinite
    where libraries round as they like: exp, a sum over an axis.
    """
    if isinstance(node, nodes.Add):
        return len(node.args) - 1
    if isinstance(node, nodes.Mul):
        rounding = [f for f in node.args if not _is_exact(f)]
        return max(len(rounding) - 1, 0) + sum(map(_is_spelled_freely, rounding))
    if isinstance(node, nodes.Pow):
        return 1 if node.args[1] in (nodes.MINUS_ONE, nodes.HALF, nodes.num(2)) else inf
    if isinstance(node, nodes.Call):
        return 0 if FUNCTIONS[node.function].exact else inf
    if isinstance(node, nodes.Reduce):
        return 0 if node.op in ("max", "min") else inf
    return 0


def _is_exact(factor: Expr) -> bool:
    """True for ±2^k and for a choice: a product with them is not rounded."""
    if isinstance(factor, nodes.Num):
        whole = (abs(factor.value.numerator), factor.value.denominator)
        return all(part & (part - 1) == 0 for part in whole)
    return isinstance(factor, (nodes.Bracket, nodes.Delta))


def _is_spelled_freely(factor: Expr) -> bool:
    """True for what may be one factor or two: in a / b, a b² and 3 a / 10."""
    if isinstance(factor, nodes.Num):
        return 1 not in (abs(factor.value.numerator), factor.value.denominator)
    return isinstance(factor, nodes.Pow)
