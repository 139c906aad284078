"""Shift exponentials by a maximum wherever their common factor cancels: exp/Σexp, log Σ exp, attention, and what holds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Add, Call, Expr, Mul, Reduce, Ref, Tensor, idx
from ..index.walk import refs, substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import Definitions, checked, definitions, equal, free_name, indices_of, live, opened
from .matching import match
from .scale import Refused, Scaling

RULE = "shift-by-maximum"
INFINITY = nodes.const("inf")


@dataclass(frozen=True)
class Candidate:
    """exp(u) for every value of the free indices of u, `indices` in the order of the tensor that holds it."""

    u: Expr
    indices: tuple[Index, ...]
    place: int


def shift(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """The first exponential that may be shifted is: the new program with its step. None where there is none."""
    for candidate in candidates(program):
        shifted = _attempt(program, candidate)
        if shifted is not None:
            return shifted
    return None


def finite_maximum(bound: tuple[Index, ...], value: Expr) -> Expr:
    """[∞ > |M|] M for M = max value: 0 where the maximum is infinite, so that no ∞ - ∞ arises."""
    largest = nodes.reduce_("max", bound, value)
    return nodes.bracket("gt", INFINITY, nodes.call("abs", largest)) * largest


def candidates(program: Program) -> Iterator[Candidate]:
    """Each exponential that is not shifted yet, once for all its occurrences, in the order of the program."""
    known = definitions(program)
    seen: list[Expr] = []
    for place, assignment in enumerate(program.assignments):
        for node in walk(assignment.value):
            if (
                not isinstance(node, Call)
                or node.function != "exp"
                or is_shifted(node.args[0], known)
            ):
                continue
            u = node.args[0]
            if u.free and not any(match(known, u) for known in seen):
                seen.append(u)
                yield Candidate(u, _ordered(u, assignment), place)


def is_shifted(u: Expr, known: Definitions) -> bool:
    """Whether u subtracts a maximum of what stands beside it, seen through the names of sums and products."""
    if isinstance(u, Ref):
        value = opened(u, known)
        return value is not None and is_shifted(value, known)
    if isinstance(u, Add):
        terms = [nodes.coefficient(t) for t in u.args]
        beside = frozenset().union(*(r.tensors for c, r in terms))
        return any(
            (c < 0 and _is_maximum(r, beside, known)) or is_shifted(r, known) for c, r in terms
        )
    return isinstance(u, Mul) and any(is_shifted(a, known) for a in u.args)


def _is_maximum(term: Expr, beside: frozenset[Tensor], known: Definitions) -> bool:
    assignment = known.get(term.tensor) if isinstance(term, Ref) else None
    if assignment is not None and assignment.constant:
        return True
    value = assignment.value if assignment else term
    return isinstance(value, Reduce) and value.op == "max" and value.tensors <= beside


def _ordered(u: Expr, assignment: Assignment) -> tuple[Index, ...]:
    """The free indices of u: those of the left side first, then in the order in which its tensors hold them."""
    order = dict.fromkeys(i for i in assignment.indices if i in u.free)
    for ref in refs(u):
        for arg in ref.args:
            order.update(dict.fromkeys(sorted(arg.free & u.free)))
    order.update(dict.fromkeys(sorted(u.free)))
    return tuple(order)


def _attempt(program: Program, candidate: Candidate) -> tuple[Program, tuple[Step, ...]] | None:
    """Try with a shift for each element, and drop from it the indices that are summed, until the factor cancels."""
    kept = candidate.indices
    while True:
        tensor = Tensor(free_name(program, "m"), tuple(i.dim for i in kept))
        try:
            scaled = Scaling(lambda u, t=tensor, k=kept: _site(candidate, t, k, u)).program(program)  # type: ignore[misc]
        except Refused as refused:
            smaller = _without_summed(kept, tensor, refused)
            if smaller == kept:
                return None
            kept = smaller
            continue
        return (
            None
            if kept == candidate.indices
            else _with_shift(program, scaled, candidate, tensor, kept)
        )


def _site(
    candidate: Candidate, tensor: Tensor, kept: tuple[Index, ...], u: Expr
) -> tuple[Expr, Expr] | None:
    binding = match(candidate.u, u)
    if binding is None:
        return None
    largest = tensor[tuple(binding[i] for i in kept)] if kept else tensor[()]
    return u - largest, largest


def _without_summed(kept: tuple[Index, ...], tensor: Tensor, refused: Refused) -> tuple[Index, ...]:
    """The kept indices less those in whose place a shift holds an index that is summed, or differs between terms."""
    used = [r.args for weight in refused.between for r in refs(weight, tensor)]
    summed = {n for args in used for n, a in enumerate(args) if a.free & refused.bound}
    if not refused.bound and len(refused.between) > 1:
        summed = {n for n in range(len(kept)) if len({args[n] for args in used}) > 1}
    return tuple(i for n, i in enumerate(kept) if n not in summed)


def _with_shift(
    program: Program, scaled: Program, candidate: Candidate, tensor: Tensor, kept: tuple[Index, ...]
) -> tuple[Program, tuple[Step, ...]] | None:
    indices = indices_of(tensor.dims)
    mapping = dict(zip(kept, indices, strict=True))
    over = {i: Index(i.dim, 50 + n) for n, i in enumerate(candidate.indices) if i not in mapping}
    u = substitute(candidate.u, {**mapping, **over})
    maximum = finite_maximum(tuple(over.values()), u)
    place = candidate.place
    line = Assignment(tensor, indices, maximum, program.assignments[place].place, constant=True)
    lines, difference = name_difference(program, scaled, candidate, tensor, kept)
    after = live(replace(scaled, assignments=(*lines[:place], line, *difference, *lines[place:])))
    if not equal(program, after, nudge=tensor):
        return None
    return checked(program, after, RULE), (_step(program, after, candidate, tensor, kept, line),)


def name_difference(
    program: Program, scaled: Program, candidate: Candidate, tensor: Tensor, kept: tuple[Index, ...]
) -> tuple[tuple[Assignment, ...], tuple[Assignment, ...]]:
    """Where u - m is also used outside the exponential (in log softmax), it is named z: it must be rounded before other
    terms are added, since u and m may be large."""
    z = Tensor(free_name(program, "z"), tuple(i.dim for i in candidate.indices))
    outside: list[Expr] = []

    def at(binding: dict[Index, Expr]) -> Expr:
        return z[tuple(binding[i] for i in candidate.indices)]

    def leaf(node: Expr) -> Expr | None:
        if isinstance(node, Call) and node.function == "exp":
            found = _difference(node.args[0], candidate, tensor, kept)
            return (
                nodes.call("exp", at(found[0]))
                if found and found[1:] == (nodes.ZERO, nodes.ONE)
                else None
            )
        if isinstance(node, Add) and (found := _difference(node, candidate, tensor, kept)):
            outside.append(node)
            return found[2] * at(found[0]) + transform(found[1], leaf)
        return None

    lines = tuple(replace(a, value=transform(a.value, leaf)) for a in scaled.assignments)
    if not outside:
        return scaled.assignments, ()
    indices = indices_of(z.dims)
    mapping = dict(zip(candidate.indices, indices, strict=True))
    largest = tensor[tuple(idx(i) for i in kept)] if kept else tensor[()]
    value = substitute(candidate.u - largest, mapping)
    return lines, (Assignment(z, indices, value, program.assignments[candidate.place].place),)


def _difference(
    total: Expr, candidate: Candidate, tensor: Tensor, kept: tuple[Index, ...]
) -> tuple[dict[Index, Expr], Expr, Expr] | None:
    """A sum as c (u - m) + rest: what the indices of u stand for, the rest, and c."""
    if not isinstance(total, Add):
        return None
    for term in total.args:
        count, largest = nodes.coefficient(term)
        if not isinstance(largest, Ref) or largest.tensor != tensor:
            continue
        for other in total.args:
            binding = match(candidate.u, nodes.num(-1 / count) * other)
            if binding and tuple(binding[i] for i in kept) == largest.args:
                return (
                    binding,
                    nodes.add(*(t for t in total.args if t not in (term, other))),
                    nodes.num(-count),
                )
    return None


def _step(
    program: Program,
    after: Program,
    candidate: Candidate,
    tensor: Tensor,
    kept: tuple[Index, ...],
    line: Assignment,
) -> Step:
    from .rules import RULES  # the rules show examples, which no rewrite needs

    rule = RULES[RULE]
    holder = program.assignments[candidate.place]
    before = nodes.call("exp", candidate.u)
    largest = tensor[tuple(idx(i) for i in kept)] if kept else tensor[()]
    now = nodes.call("exp", candidate.u - largest) * nodes.call("exp", largest)
    changed = [
        str(a) for a in after.assignments
        if a.tensor in definitions(program) and definitions(program)[a.tensor].value is not a.value
    ]  # fmt: skip
    left = str(holder.left) if holder.value is before else ""
    return Step(RULE, left, before, now, rule.because["en"], (str(line), *changed))
