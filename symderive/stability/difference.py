"""u - m by name: log softmax is (x - m) - log s, where the difference of two large numbers comes
first."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, ZERO, Add, Call, Expr, Ref, Tensor, idx
from ..index.walk import substitute, transform
from ..program import Assignment, Program
from .candidates import Candidate
from .chain import Definitions, definitions, free_name, opened
from .matching import match


class Shifted(Protocol):
    """An exponential under a shift."""

    @property
    def candidate(self) -> Candidate:
        """Which exponential it is."""

    @property
    def kept(self) -> tuple[Index, ...]:
        """For each dim of the shift, the index of u in its place."""


Lines = tuple[Assignment, ...]


def name_difference(
    program: Program, scaled: Program, group: tuple[Shifted, ...], shift: Tensor
) -> tuple[Lines, Lines]:
    """Where u - m also stands outside exponentials, or x - L with L = m + log s, it is z."""
    lines, named = scaled.assignments, Lines()
    for member in group:
        z = Tensor(
            free_name(replace(program, assignments=(*program.assignments, *named)), "z"),
            tuple(i.dim for i in member.candidate.indices),
        )
        naming = _Naming(member, shift, z, replace(scaled, assignments=lines))
        renamed = tuple(replace(a, value=naming(a.value)) for a in lines)
        if naming.outside:
            lines, named = renamed, (*named, naming.line)
    return lines, named


class _Naming:
    """Replaces u - m by z, in exponentials and in sums."""

    def __init__(self, member: Shifted, shift: Tensor, z: Tensor, scaled: Program) -> None:
        self.member, self.shift, self.z = member, shift, z
        known = definitions(scaled)
        self.raised = Definitions(
            a for a in known.values() if isinstance(a.value, Add) and shift in a.value.tensors
        )
        self.outside = False

    @property
    def line(self) -> Assignment:
        """z = u - m."""
        candidate = self.member.candidate
        indices = self.z.indices
        largest = self.shift[tuple(idx(i) for i in self.member.kept)]
        mapping = dict(zip(candidate.indices, indices, strict=True))
        return Assignment(self.z, indices, substitute(candidate.u - largest, mapping))

    def __call__(self, value: Expr) -> Expr:
        concerned = self.shift in value.tensors or not value.tensors.isdisjoint(self.raised)
        return transform(value, self._leaf) if concerned else value

    def _leaf(self, node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function == "exp":
            found = self._difference(node.args[0])
            inside = found is not None and found[1:] == (ZERO, ONE)
            return nodes.call("exp", found[0]) if found and inside else None
        if not isinstance(node, Add):
            return None
        for total in (node, self._lowered(node)):
            found = self._difference(total)
            if found is not None:
                self.outside = True
                return found[2] * found[0] + self(found[1])
        return None

    def _lowered(self, total: Add) -> Expr:
        """The sum with each L = m + log s in it written out."""
        terms = []
        for term in total.args:
            count, rest = nodes.coefficient(term)
            value = opened(rest, self.raised)
            terms += [nodes.num(count) * t for t in value.args] if value else [term]
        return nodes.add(*terms)

    def _difference(self, total: Expr) -> tuple[Expr, Expr, Expr] | None:
        """A sum c (u - m) + rest as z, the rest, and c."""
        if not isinstance(total, Add):
            return None
        for term in total.args:
            count, largest = nodes.coefficient(term)
            if not isinstance(largest, Ref) or largest.tensor != self.shift:
                continue
            for other in total.args:
                binding = match(self.member.candidate.u, nodes.num(-1 / count) * other)
                if binding is None:
                    continue
                if tuple(binding[i] for i in self.member.kept) == largest.args:
                    z = self.z[tuple(binding[i] for i in self.member.candidate.indices)]
                    rest = nodes.add(*(t for t in total.args if t not in (term, other)))
                    return z, rest, nodes.num(-count)
        return None
