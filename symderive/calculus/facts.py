"""Two ways to use an equation of the program: a reading replaces a tensor, a fact replaces a
pattern.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ..index import nodes
from ..index.dims import Index
from ..index.memo import remembered
from ..index.nodes import Expr, Ref, Tensor
from ..index.terms import factors
from ..index.text import text
from ..index.walk import replace_tensor, substitute, walk
from .normal import flatten, normal
from .supports import has_pole


@dataclass(frozen=True)
class Reading:
    """`tensor[indices] = value`: replace the tensor by the value.

    apart: what an inverse takes away from the left side of its equation: z in `e = y - z`.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    value: Expr
    kind: str  # "definition" or "inverse"
    apart: frozenset[Tensor] = frozenset()

    def apply(self, expr: Expr) -> Expr:
        """The expression with the tensor replaced everywhere, in normal form."""
        return normal(replace_tensor(expr, self.tensor, self._value))

    def _value(self, at: tuple[Expr, ...]) -> Expr:
        return substitute(self.value, dict(zip(self.indices, at, strict=True)))

    def __str__(self) -> str:
        return f"{text(self.tensor[self.indices])} = {text(self.value)}"


@dataclass(frozen=True)
class Fact:
    """`pattern = value` where the pattern is one einsum term: recognised inside a term and
    replaced by the value.
    """

    pattern: Expr
    value: Expr
    kind: str  # "fold" or "lemma"
    wild: frozenset[Tensor] = frozenset()  # those that may not be finite where a bracket is 0

    @cached_property
    def flat(self) -> tuple[Fraction, list[Expr], list[Index]]:
        """The pattern as coefficient, factors, bound indices."""
        return flatten(self.pattern)

    @cached_property
    def heads(self) -> frozenset[str]:
        """Those of the pattern: a term that lacks one of them holds no image of it."""
        return heads(self.pattern)

    @cached_property
    def pole(self) -> frozenset[Tensor]:
        """The tensors that may not be finite: the value, where the pattern is infinite at some
        place, and what is known to be wild.
        """
        infinite = isinstance(self.value, Ref) and any(map(has_pole, walk(self.pattern)))
        return self.wild | (self.value.tensors if infinite else frozenset())

    @cached_property
    def anchors(self) -> list[Ref]:
        """References of the pattern that together hold all its free and bound indices."""
        _, flat, bound = self.flat
        wanted = set(bound).union(*(f.free for f in flat))
        chosen: list[Ref] = []
        for node in sorted(references(flat), key=lambda r: (-len(r.free), r.key)):
            if node.free & wanted:
                chosen.append(node)
                wanted -= node.free
        return chosen if not wanted else []

    def __str__(self) -> str:
        return f"{text(self.pattern)} = {text(self.value)}"


@remembered
def heads(term: Expr) -> frozenset[str]:
    """What the factors of a term are but for elements: "exp", "Add"; those inside a Σ as well."""
    found: set[str] = set()
    for factor in factors(term):
        summed = isinstance(factor, nodes.Reduce) and factor.op == "sum"
        for inner in factors(factor.args[0]) if summed else (factor,):
            base = nodes.base_exp(inner)[0]
            if not isinstance(base, Ref):
                found.add(getattr(base, "function", type(base).__name__))
    return frozenset(found)


def references(flat: Iterable[Expr]) -> list[Ref]:
    """References whose indices are plain index variables, anywhere inside these factors."""
    found: dict[Ref, None] = {}

    def visit(node: Expr) -> None:
        if isinstance(node, Ref) and all(isinstance(a, nodes.Idx) for a in node.args):
            found[node] = None
        for arg in node.args:
            visit(arg)

    for factor in flat:
        visit(factor)
    return list(found)
