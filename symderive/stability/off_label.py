"""p_i - δ_ik, the gradient of a cross entropy: at the label it is the sum of the other p, negative.

There p - 1 cancels where p is almost 1, which is where training ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..calculus.present import joined_opposites
from ..calculus.result import Derived
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, Add, Delta, Expr, Tensor
from ..index.text import factors_of
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import checked, free_name
from .complement import RULE
from .matching import match
from .residual import joined, with_arguments
from .rules import RULES
from .shares import Shares, from_rest, others


def off_labels(derived: Derived) -> tuple[Program, tuple[Step, ...]] | None:
    """The backward with every p_i - δ_ik in terms of the other p, and the steps; None where it has
    none."""
    if not any(isinstance(n, Delta) for a in derived.backward.assignments for n in walk(a.value)):
        return None
    shares, steps, lines = Shares(derived.forward), list[Step](), list[Assignment]()
    for assignment in derived.backward.assignments:
        writer = _Writer(derived, shares, lines, assignment)
        value = transform(assignment.value, writer)
        if writer.told:
            after = transform(assignment.value, writer.told.get)
            because = RULES[RULE].because["en"]
            steps.append(Step(RULE, str(assignment.left), assignment.value, after, because))
        lines += [*writer.named, replace(assignment, value=value)]
    if not steps:
        return None
    backward = replace(derived.backward, assignments=tuple(lines))
    whole = joined(derived.forward, derived.backward)
    checked(whole, joined(derived.forward, backward), RULE)
    return with_arguments(backward, derived.forward), tuple(steps)


class _Writer:
    """Rewrites the sums of one assignment.

    named: the p off the label, where it was given a name.  told: each sum, and what it is without
    names.
    """

    def __init__(
        self, derived: Derived, shares: Shares, lines: list[Assignment], user: Assignment
    ) -> None:
        self.derived, self.shares, self.lines, self.user = derived, shares, lines, user
        self.named: list[Assignment] = []
        self.told: dict[Expr, Expr] = {}

    def __call__(self, node: Expr) -> Expr | None:
        found = _off_label(node, self.shares)
        if found is None:
            return self._joined(node)
        count, hit, share, rest = found
        spread = self.shares.spread(share, hit)
        assert spread is not None
        index, place = spread
        off, bound = (ONE - hit) * share, Index(index.dim, index.serial + 1)
        rest_of = others(substitute(share, {index: bound}), bound, place)
        self.told[node] = count * (off - hit * rest_of) + rest
        known = _by_name(substitute(share, {index: place}), rest_of, self.derived.forward)
        if known is not None:
            return count * (off - hit * known) + rest
        named = self._named(off)
        total = nodes.sum_([bound], substitute(named, {index: bound}))
        return count * ((ONE - hit) * named - hit * total) + rest

    def _joined(self, node: Expr) -> Expr | None:
        """a (u - v) + b (v - u) as (a - b) (u - v), if a - b is of this kind."""
        factored, before = joined_opposites(node), len(self.told)
        after = None if factored is None else transform(factored, self)
        if factored is None or len(self.told) == before:
            return None
        self.told[node] = transform(factored, self.told.get)
        return after

    def _named(self, off: Expr) -> Expr:
        free = tuple(i for i in self.user.indices if i in off.free)
        known = (*self.lines, *self.named)
        for line in known:
            binding = match(line.value, off)
            if binding is not None and all(i in binding for i in line.indices):
                return substitute(line.left, binding)
        program = replace(
            self.derived.backward,
            arguments=(*self.derived.forward.arguments, *self.derived.backward.arguments),
            assignments=(*self.derived.forward.assignments, *known),
        )
        tensor = Tensor(free_name(program, "q"), tuple(i.dim for i in free))
        indices = tensor.indices
        value = substitute(off, dict(zip(free, indices, strict=True)))
        self.named.append(Assignment(tensor, indices, value))
        return tensor[free]


def _off_label(node: Expr, shares: Shares) -> tuple[Expr, Delta, Expr, Expr] | None:
    """A sum c (p_i - δ_ik) + rest as c, δ_ik, p_i and the rest, where Σ_i p_i = 1."""
    for hit in node.args if isinstance(node, Add) else ():
        deltas = [f for f in factors_of(hit) if isinstance(f, Delta)]
        if len(deltas) != 1:
            continue
        count = nodes.mul(*(f for f in factors_of(hit) if f is not deltas[0]))
        for term in node.args:
            for part, left in _parts(term) if term is not hit else ():
                share = -part / count
                if share.tensors and shares.spread(share, deltas[0]):
                    rest = [left, *(t for t in node.args if t not in (hit, term))]
                    return -count, deltas[0], share, nodes.add(*rest)
    return None


def _parts(term: Expr) -> Iterator[tuple[Expr, Expr]]:
    """A term as two: whole and nothing, or p (1 + c) as p and c p."""
    yield term, nodes.ZERO
    for factor in factors_of(term):
        for one in factor.args if isinstance(factor, Add) else ():
            yield term / factor * one, term / factor * (factor - one)


def _by_name(share: Expr, rest: Expr, forward: Program) -> Expr | None:
    """1 - p by the name that the forward has for it."""
    for line in forward.assignments:
        if line.opaque:
            binding = match(line.value, from_rest(share, rest))
            if binding is not None and all(i in binding for i in line.indices):
                return substitute(line.left, binding)
    return None
