"""Which values of a program sum to one, by its own equations: e_i / s with s = Σ_j e_j."""

from __future__ import annotations

from collections.abc import Iterator

from ..calculus.fold import fold
from ..calculus.normal import TooLarge, normal
from ..calculus.relations import Relations
from ..index import nodes
from ..index.dims import Dim, Index
from ..index.functions import is_nonnegative
from ..index.nodes import HALF, ONE, Call, Delta, Expr, Idx, Ref, idx
from ..index.walk import transform, walk
from ..program import Program
from .chain import definitions, elementwise, opened, unfolded

BOUND = 60  # the serial of a bound index: above those that anything else here binds


class Shares:
    """The values that lie between 0 and 1 and sum to one over an index."""

    def __init__(self, program: Program) -> None:
        self.known = definitions(program)
        self._program = program
        self._relations: Relations | None = None
        self._sure: dict[tuple[Expr, Index], bool] = {}
        self._complements: dict[Expr, Expr | None] = {}

    def complement(self, share: Expr) -> Expr | None:
        """1 - p without the difference; None where p is not one of several that sum to one."""
        if share not in self._complements:
            self._complements[share] = self._complement(share)
        return self._complements[share]

    def _complement(self, share: Expr) -> Expr | None:
        for place, index, at in _generic(share):
            if not self._sum_to_one(at, index):
                continue
            if not isinstance(place, Idx) or place.index in at.free:
                return from_rest(share, others(at, index, place))
            rest = nodes.sum_([index], nodes.bracket("ge", HALF, at) * at)
            return from_rest(share, rest)  # at most one is above a half, and all others are not
        written = opened(share, self.known)
        if written is not None and elementwise(written):  # hit_b = p_{b,t_b}
            return self.complement(written)
        return None

    def spread(self, share: Expr, hit: Delta) -> tuple[Index, Expr] | None:
        """The index i and the place k of δ_ik, if p_i sums to one over i and knows no k."""
        for own, place in (hit.args, hit.args[::-1]):
            if isinstance(own, Idx) and own.index in share.free:
                bound = Index(own.index.dim, BOUND)
                at = _replaced(share, own, bound, None)
                if own.index not in at.free | place.free and self._sum_to_one(at, bound):
                    return own.index, place
        return None

    def is_log(self, value: Expr, share: Expr) -> bool:
        """Whether a value is the logarithm of a share, by the program's definitions."""
        if not isinstance(value, (nodes.Add, Call)):
            return False
        try:
            raised = normal(nodes.call("exp", self._opened(value)))
            return raised is normal(self._opened(share))
        except TooLarge:
            return False

    def _opened(self, expr: Expr) -> Expr:
        """The expression with the names of what sums nothing itself written out."""

        def leaf(node: Expr) -> Expr | None:
            value = opened(node, self.known)
            return None if value is None or not elementwise(value) else transform(value, leaf)

        return transform(expr, leaf)

    def _sum_to_one(self, share: Expr, index: Index) -> bool:
        key = share, index
        if key not in self._sure:
            positive = is_nonnegative(unfolded(share, self.known))
            self._sure[key] = positive and self._total(share, index)
        return self._sure[key]

    def _total(self, share: Expr, index: Index) -> bool:
        """Whether the sum is 1 by the program's names, or by what they stand for."""
        if self._relations is None:
            self._relations = Relations(self._program.assignments)
        facts = self._relations.folds + self._relations.lemmas
        for written in (share, self._opened(share), unfolded(share, self.known)):
            try:
                if normal(fold(normal(nodes.sum_([index], written)), facts)) is ONE:
                    return True
            except TooLarge:
                continue
        return False


def others(at: Expr, index: Index, place: Expr) -> Expr:
    """Σ of the shares over all places but this one."""
    return nodes.sum_([index], (ONE - nodes.delta(idx(index), place)) * at)


def from_rest(share: Expr, rest: Expr) -> Expr:
    """1 - p, as the sum of the others only where it cancels; NaN where p is."""
    large, small = nodes.bracket("gt", share, HALF), nodes.bracket("ge", HALF, share)
    return large * rest + small * (1 - share)


def _generic(share: Expr) -> Iterator[tuple[Expr, Index, Expr]]:
    """Each place that an element of the share stands at, a bound index, and the share there."""
    seen: dict[tuple[Expr, Dim, int | None], None] = {}
    for node in walk(share):
        if isinstance(node, Ref):
            for axis, (arg, dim) in enumerate(zip(node.args, node.tensor.dims, strict=True)):
                if arg.tensors or isinstance(arg, Idx):
                    seen[arg, dim, None] = None
                    seen[arg, dim, axis] = None
    for place, dim, only in sorted(seen, key=lambda s: (s[2] is not None, s[2] or 0, s[0].key)):
        bound = Index(dim, BOUND)
        at = _replaced(share, place, bound, only)
        if at is not share:
            yield place, bound, at


def _replaced(share: Expr, place: Expr, bound: Index, axis: int | None) -> Expr:
    """The share with a bound index wherever this place indexes a tensor, or one of its axes."""

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Ref) or node.tensor.domain.is_label:
            return None
        args = [
            idx(bound) if a is place and d == bound.dim and axis in (None, n) else a
            for n, (a, d) in enumerate(zip(node.args, node.tensor.dims, strict=True))
        ]
        return nodes.ref(node.tensor, *args)

    return transform(share, leaf)
