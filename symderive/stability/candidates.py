"""The exponentials of a program that a shift may help, and the conditions under which a sum
takes them in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..frontends.booleans import is_truth
from ..index import nodes
from ..index.dims import Index
from ..index.memo import remembered
from ..index.nodes import (
    ONE,
    Add,
    Bracket,
    Call,
    Delta,
    Expr,
    Idx,
    Mul,
    Num,
    Pow,
    Reduce,
    Ref,
    Tensor,
)
from ..index.text import factors_of
from ..index.walk import refs, substitute, walk
from ..program import Assignment, Program
from .chain import Definitions, definitions, opened
from .matching import match


@dataclass(frozen=True)
class Candidate:
    """exp(u) for every value of the free indices of u, first met in the assignment of `holder`.

    indices: the free indices, in the order of the tensor that holds them.
    guard: where it is 0, no sum takes the exponential in (a mask).
    apart: exponents that match u and are candidates of their own: the parts of an axis that a sum
    has for itself, beside the sum over another part or over all of it.
    """

    u: Expr
    indices: tuple[Index, ...]
    holder: Tensor
    guard: Expr = ONE
    apart: tuple[Expr, ...] = ()

    def binding(self, u: Expr) -> dict[Index, Expr] | None:
        """What the indices stand for where u is of this kind; else None."""
        if any(renames(other, u) for other in self.apart):
            return None
        return match(self.u, u)


def candidates(program: Program, apart: bool = False) -> list[Candidate]:
    """Each exponential that is not shifted yet, once for all its occurrences, in program order.

    apart: sums over parts of an axis have an exponential each, and need not share a maximum.
    """
    known = definitions(program)
    guarded = [pair for a in program.assignments for pair in _in_sums(a.value, known)]
    before = {a.tensor for a in program.arguments}
    summed = [u for u, _ in guarded] if apart else []
    found: dict[Expr, Candidate] = {}
    for assignment in program.assignments:
        for u in exponents_in(assignment.value):
            if u in found or is_shifted(u, known) or constant(u, known):
                continue
            alike = [c for c in found.values() if _is_like(c.u, u)]
            if any(not _is_a_part(c.u, u, summed) for c in alike):
                continue
            for c in alike:
                found[c.u] = replace(c, apart=(*c.apart, u))
            candidate = Candidate(u, _ordered(u, assignment), assignment.tensor)
            guard = _common_guard(candidate, guarded, before)
            if guard is not None and not any(_is_below_zero(u, f) for f in factors_of(guard)):
                found[u] = replace(candidate, guard=guard)
        before.add(assignment.tensor)
    return list(found.values())


@remembered
def exponents_in(value: Expr) -> tuple[Expr, ...]:
    """The u of each exp(u) that stands in an expression, of those that depend on a tensor."""
    calls = (n for n in walk(value) if isinstance(n, Call) and n.function == "exp")
    return tuple(n.args[0] for n in calls if n.args[0].tensors)


def constant(u: Expr, known: Definitions) -> bool:
    """Whether u is made of shifts alone."""
    return all(t in known and known[t].constant for t in u.tensors)


def _is_below_zero(u: Expr, guard: Expr) -> bool:
    """Whether the guard is [0 ≥ u] or [0 > u]: where it holds, exp(u) does not exceed 1."""
    return (
        isinstance(guard, Bracket)
        and guard.relation in ("gt", "ge")
        and guard.args == (nodes.ZERO, u)
    )


def is_shifted(u: Expr, known: Definitions) -> bool:
    """Whether u subtracts a maximum of what stands beside it, seen through sums and products."""
    if isinstance(u, Ref):
        value = opened(u, known)
        return value is not None and is_shifted(value, known)
    if isinstance(u, Add):
        terms = [nodes.coefficient(t) for t in u.args]
        beside = frozenset().union(*(r.tensors for c, r in terms))
        return any(
            (c < 0 and _is_maximum(r, beside, known)) or is_shifted(r, known) for c, r in terms
        )
    count, rest = nodes.coefficient(u)
    alone = count < 0 and isinstance(rest, Ref) and _is_maximum(rest, frozenset(), known)
    return alone or (isinstance(u, Mul) and any(is_shifted(a, known) for a in u.args))


def _is_maximum(term: Expr, beside: frozenset[Tensor], known: Definitions) -> bool:
    assignment = known.get(term.tensor) if isinstance(term, Ref) else None
    if assignment is not None and assignment.constant:
        return True
    value = assignment.value if assignment else term
    return isinstance(value, Reduce) and value.op == "max" and value.tensors <= beside


def _ordered(u: Expr, assignment: Assignment) -> tuple[Index, ...]:
    """The free indices of u: those of the left side first, then as its tensors hold them."""
    order = dict.fromkeys(i for i in assignment.indices if i in u.free)
    for ref in refs(u):
        for arg in ref.args:
            order.update(dict.fromkeys(sorted(arg.free & u.free)))
    order.update(dict.fromkeys(sorted(u.free)))
    return tuple(order)


def exponents(expr: Expr, known: Definitions) -> Iterator[Expr]:
    """The u of each exp(u) that is a factor of a term, through names and sums."""
    yield from (u for u, _ in _taken_in(expr, ONE, known, through_sums=True))


def _in_sums(value: Expr, known: Definitions) -> Iterator[tuple[Expr, Expr]]:
    """Every exponential under a Σ or max of this value, as its exponent and its guard."""
    for node in walk(value):
        if isinstance(node, Reduce):
            yield from _taken_in(node.args[0], ONE, known)


def _taken_in(
    expr: Expr, guard: Expr, known: Definitions, through_sums: bool = False
) -> Iterator[tuple[Expr, Expr]]:
    if isinstance(expr, Call) and expr.function == "exp":
        yield expr.args[0], guard
    elif isinstance(expr, Ref):
        value = opened(expr, known)
        if value is not None:
            yield from _taken_in(value, guard, known, through_sums)
    elif isinstance(expr, (Add, Mul)) and not any(_below(f) for f in expr.args):
        guards = [guard_of(f) for f in expr.args] if isinstance(expr, Mul) else []
        for arg in expr.args:
            yield from _taken_in(arg, nodes.mul(guard, *guards), known, through_sums)
    elif (isinstance(expr, Pow) and not _below(expr)) or (
        isinstance(expr, Reduce) and through_sums
    ):
        yield from _taken_in(expr.args[0], guard, known, through_sums)


def _below(factor: Expr) -> bool:
    """A denominator: a quotient is normalised already."""
    base, exp = nodes.base_exp(factor)
    return bool(base.tensors) and isinstance(exp, Num) and exp.value < 0


def guard_of(factor: Expr) -> Expr:
    """A condition is a guard; a mask of 0 and 1 is one where it is above 0. A weight is none: its
    gradient is the exponential also where the weight is 0.
    """
    if isinstance(factor, (Bracket, Delta)) or (isinstance(factor, Add) and is_truth(factor)):
        return factor
    if isinstance(factor, Add) and len(factor.args) == 2 and ONE in factor.args:
        (other,) = (t for t in factor.args if t is not ONE)
        return nodes.bracket("ne", *other.args[1].args) if _is_minus_delta(other) else ONE
    is_mask = isinstance(factor, Ref) and factor.tensor.domain.is_label
    return nodes.bracket("gt", factor, 0) if is_mask else ONE


def _is_minus_delta(term: Expr) -> bool:
    return isinstance(term, Mul) and len(term.args) == 2 and isinstance(term.args[1], Delta)


def _is_like(u: Expr, other: Expr) -> bool:
    return u.tensors == other.tensors and match(u, other) is not None


def renames(u: Expr, other: Expr) -> bool:
    """True where the other is u over other indices of the same dims."""
    binding = match(u, other) if u.tensors == other.tensors else None
    return binding is not None and all(
        isinstance(e, Idx) and e.index.dim == i.dim for i, e in binding.items()
    )


def _is_a_part(u: Expr, other: Expr, summed: list[Expr]) -> bool:
    """True where u and the other are the same over different parts of an axis, each summed."""
    return not renames(u, other) and all(any(renames(v, s) for s in summed) for v in (u, other))


def _common_guard(
    candidate: Candidate, guarded: list[tuple[Expr, Expr]], before: set[Tensor]
) -> Expr | None:
    """The guard that every sum over this exponential shares, in the indices of u; else none.

    None where every sum takes in some of the exponentials only, and which depends on more than
    theirs: the largest of all may be far above all that a sum takes in, and these would vanish.
    """
    found: set[Expr | None] = set()
    for instance, guard in guarded:
        if instance.tensors != candidate.u.tensors:
            continue
        binding = candidate.binding(instance)
        if binding is not None:
            back = {e.index: i for i, e in binding.items() if isinstance(e, Idx)}
            inside = guard.free <= set(back)
            usable = inside and guard.tensors <= before
            found.add(substitute(guard, back) if usable else ONE if inside else None)
    return found.pop() if len(found) == 1 else ONE
