"""Two dims of one real axis that are never told apart become one: `x_bhd` over "b (h d)" is
`x_{b,hd}`, so that nobody need know how long each of them is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.naming import unused
from ..index.nodes import Expr, Tensor
from ..index.walk import transform
from ..program import Assignment, Layout, Program
from .rename import tensors_of


class Apart(Exception):
    """The two dims are told apart somewhere, so that they cannot be one."""


def without_needless_dims(forward: Program, backward: Program) -> tuple[Program, Program]:
    """Both programs, with one dim for each pair whose lengths no input tells and nothing needs."""
    seen: set[tuple[Dim, Dim]] = set()
    while pairs := [p for p in _untold_pairs(forward) if p not in seen]:
        seen.add(pairs[0])
        fusion = Fusion(pairs[0], _all_dims(forward, backward))
        inputs = frozenset(a.tensor for a in forward.arguments)
        cotangent = frozenset({backward.arguments[-1].tensor})
        try:
            fused = fusion.program(forward, inputs), fusion.program(backward, cotangent)
        except Apart:
            continue
        forward, backward = fused
    return forward, backward


def _all_dims(*programs: Program) -> set[str]:
    return {d.name for p in programs for t in tensors_of(p) for d in t.dims}


def _untold_pairs(program: Program) -> list[tuple[Dim, Dim]]:
    """Neighbours in one real axis of which no axis tells the length."""
    axes = [axis for a in program.arguments for axis in a.layout]
    told = {axis[0] for axis in axes if len(axis) == 1}
    pairs = (p for axis in axes for p in pairwise(axis))
    untold = [p for p in pairs if all(d not in told and _is_free(d) for d in p) and p[0] != p[1]]
    return list(dict.fromkeys(untold))


def _is_free(dim: Dim) -> bool:
    return dim.length is None and not dim.extent and not dim.is_batch


class Fusion:
    """One dim for two: how tensors, references, sums and lengths change."""

    def __init__(self, pair: tuple[Dim, Dim], taken: set[str]) -> None:
        self.first, self.second = pair
        self.dim = Dim(unused(f"{self.first.name}{self.second.name}", taken))
        self.partners: dict[Index, Index] = {}  # in the assignment at hand

    def program(self, program: Program, outside: frozenset[Tensor]) -> Program:
        """The program with the one dim; raises Apart where that cannot be. `outside`: the tensors
        whose real axes others see.
        """
        return replace(
            program,
            arguments=tuple(
                replace(
                    a,
                    tensor=self.tensor(a.tensor),
                    layout=self.layout(a.layout if a.tensor in outside else _joined(a.layout)),
                )
                for a in program.arguments
            ),
            assignments=tuple(map(self.assignment, program.assignments)),
            outputs=tuple(
                replace(o, tensor=self.tensor(o.tensor), layout=self.layout(o.layout))
                for o in program.outputs
            ),
        )

    def assignment(self, assignment: Assignment) -> Assignment:
        """The same assignment."""
        self.partners = {}
        return replace(
            assignment,
            tensor=self.tensor(assignment.tensor),
            indices=tuple(self.indices(assignment.indices)),
            value=self.expr(assignment.value),
        )

    def tensor(self, tensor: Tensor) -> Tensor:
        """The same tensor over the one dim."""
        if tensor.domain.below in (self.first.name, self.second.name):
            raise Apart
        return Tensor(tensor.name, self.dims(tensor.dims), tensor.domain)

    def layout(self, layout: Layout) -> Layout:
        """The same real axes."""
        return tuple(self.dims(axis) for axis in layout)

    def dims(self, dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        """Each pair of the two as the one."""
        found: list[Dim] = []
        rest = list(dims)
        while rest:
            dim = rest.pop(0)
            if dim == self.first and rest and rest[0] == self.second:
                rest.pop(0)
                dim = self.dim
            elif dim in (self.first, self.second) or _measures(dim, (self.first, self.second)):
                raise Apart
            found.append(dim)
        return tuple(found)

    def indices(self, indices: tuple[Index, ...]) -> Iterator[Index]:
        """Each pair of indices as one."""
        rest = list(indices)
        while rest:
            index = rest.pop(0)
            if index.dim == self.first and rest and rest[0].dim == self.second:
                index = self.both(index, rest.pop(0))
            elif index.dim in (self.first, self.second):
                raise Apart
            yield index

    def both(self, first: Index, second: Index) -> Index:
        """One index for two that always stand together."""
        if self.partners.setdefault(first, second) != second:
            raise Apart
        if len(set(self.partners.values())) < len(self.partners):
            raise Apart
        return Index(self.dim, first.serial)

    def expr(self, expr: Expr) -> Expr:
        """The expression over the one dim."""
        return transform(expr, self._leaf)

    def _leaf(self, node: Expr) -> Expr | None:
        if isinstance(node, nodes.Ref):
            return nodes.ref(self.tensor(node.tensor), *self._places(node))
        if isinstance(node, nodes.Reduce):
            body = self.expr(node.args[0])  # which tells the indices that stand together
            return nodes.reduce_(node.op, self._bound(node.bound), body)
        if isinstance(node, nodes.Mul):
            return self._product(node)
        if isinstance(node, nodes.Size) and (
            node.dim in (self.first, self.second) or _measures(node.dim, (self.first, self.second))
        ):
            raise Apart
        if isinstance(node, nodes.Idx) and node.index.dim in (self.first, self.second):
            raise Apart
        return None

    def _places(self, ref: nodes.Ref) -> Iterator[Expr]:
        """The places of a reference; a pair is a whole index of each, not x[0, 0] nor x[t, h]."""
        rest = list(zip(ref.tensor.dims, ref.args, strict=True))
        while rest:
            dim, arg = rest.pop(0)
            if dim == self.first:
                following = rest.pop(0)[1]  # of the second dim: `dims` saw to that
                if not isinstance(arg, nodes.Idx) or not isinstance(following, nodes.Idx):
                    raise Apart
                if (arg.index.dim, following.index.dim) != (self.first, self.second):
                    raise Apart
                yield nodes.idx(self.both(arg.index, following.index))
            else:
                yield self.expr(arg)

    def _bound(self, bound: tuple[Index, ...]) -> list[Index]:
        firsts = [b for b in bound if b.dim == self.first]
        seconds = {b for b in bound if b.dim == self.second}
        if {self.partners.get(b) for b in firsts} != seconds:
            raise Apart
        others = [b for b in bound if b.dim not in (self.first, self.second)]
        return [*others, *(Index(self.dim, b.serial) for b in firsts)]

    def _product(self, node: nodes.Mul) -> Expr:
        """H D is the length of the one dim, and so is every power of it."""
        powers: dict[Dim, Expr] = {}
        kept: list[Expr] = []
        for factor in node.args:
            base, exponent = nodes.base_exp(factor)
            if isinstance(base, nodes.Size) and base.dim in (self.first, self.second):
                powers[base.dim] = exponent
            else:
                kept.append(self.expr(factor))
        if len(powers) == 1 or len(set(powers.values())) > 1:
            raise Apart
        lengths = [nodes.power(nodes.size(self.dim), e) for e in set(powers.values())]
        return nodes.mul(*lengths, *kept)


def _joined(layout: Layout) -> Layout:
    """Real axes that nobody sees, as one: how they hold the dims is free."""
    return (tuple(d for axis in layout for d in axis),)


def _measures(dim: Dim, pair: tuple[Dim, Dim]) -> bool:
    """True where the length of a dim is told in those of the pair."""
    return any(name == d.name for name, _ in dim.extent for d in pair)
