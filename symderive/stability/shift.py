"""Shift exponentials by a maximum where their factor cancels: exp/Σexp, log Σ exp, attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

from ..errors import DerivationError
from ..frontends.booleans import choose, is_truth
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import ONE, ZERO, Add, Expr, Mul, Ref, Tensor, call, idx
from ..index.walk import refs, substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .candidates import Candidate, candidates, exponents, guard_of, is_shifted
from .chain import (
    Definitions,
    checked,
    definitions,
    equal,
    free_name,
    in_order,
    live,
    unfolded,
)
from .difference import name_difference
from .matching import match
from .rules import RULES
from .scale import Refused, Scaling, Site

RULE, FACTOR = "shift-by-maximum", "common-factor"
INFINITY = nodes.const("inf")
ATTEMPTS = 24  # each attempt drops an index from the shift or takes in one more exponential


@dataclass(frozen=True)
class Member:
    """An exponential under a shift m: `kept` is, for each dim of m, the index of u there."""

    candidate: Candidate
    kept: tuple[Index, ...]

    def shift(self, tensor: Tensor, u: Expr) -> tuple[Expr, Expr] | None:
        """u as (u - m, m), if it is of this kind."""
        binding = self.candidate.binding(u)
        if binding is None:
            return None
        largest = tensor[tuple(binding[i] for i in self.kept)]
        return u - largest, largest


Group = tuple[Member, ...]


def shift(
    program: Program, ways: tuple[bool, ...] = (True, False)
) -> tuple[Program, tuple[Step, ...]] | None:
    """Every exponential that may be shifted is: the program with a step for each, or None.

    ways: first with a maximum for each part of an axis that is summed, then with one for all.
    """
    after, steps = program, list[Step]()
    for apart in ways:
        found = candidates(after, apart)
        for candidate in found:
            for others in (found, []):  # together with exponentials that it is added to, or alone
                shifted = _attempt(after, candidate, others)
                if shifted is not None:
                    after, told = shifted
                    steps += told
                    break
    if not steps:
        return None
    old = definitions(program)
    new = tuple(a.tensor for a in after.assignments if a.constant and a.tensor not in old)
    if not equal(program, after, nudge=new):
        raise DerivationError(f"the outputs of {program.name} depend on the shift that was put in")
    return checked(program, after, RULE), _readable(steps, after)


def finite_maximum(largest: Expr) -> Expr:
    """[∞ > |M|] M: 0 where the maximum is infinite, so that no ∞ - ∞ arises."""
    return nodes.bracket("gt", INFINITY, call("abs", largest)) * largest


def _attempt(
    program: Program, candidate: Candidate, others: list[Candidate]
) -> tuple[Program, list[Step]] | None:
    """Try with a shift for each element; drop from it what is summed, until the factor cancels."""
    group: Group | None = (Member(candidate, candidate.indices),)
    for _ in range(ATTEMPTS):
        if group is None:
            return None
        tensor = Tensor(free_name(program, "m"), tuple(i.dim for i in group[0].kept))
        scaling = Scaling(_site(group, tensor), _joins(program, group, others))
        try:
            scaled = scaling.program(program)
        except Refused as refused:
            group = _smaller(group, tensor, refused) or _larger(
                program, group, tensor, refused, others
            )
            continue
        worth = len(group) > 1 or len(tensor.dims) < len(candidate.indices)
        return _with_shift(program, scaled, group, tensor, scaling) if worth else None
    return None


def _joins(program: Program, group: Group, others: list[Candidate]) -> Callable[[Expr], bool]:
    known, own = definitions(program), {m.candidate for m in group}

    def joins(term: Expr) -> bool:
        found = [u for u in exponents(term, known) if not is_shifted(u, known)]
        return any(match(c.u, u) is not None for u in found for c in others if c not in own)

    return joins


def _site(group: Group, tensor: Tensor) -> Site:
    def site(u: Expr) -> tuple[Expr, Expr] | None:
        return next((s for member in group if (s := member.shift(tensor, u))), None)

    return site


def _smaller(group: Group, tensor: Tensor, refused: Refused) -> Group | None:
    """Without the indices in whose place a shift is summed over, or differs between terms."""
    used = [r.args for weight in refused.between for r in refs(weight, tensor)]
    dropped = {n for args in used for n, a in enumerate(args) if a.free & refused.bound}
    if not refused.bound and len(refused.between) > 1:
        dropped = {n for n in range(len(tensor.dims)) if len({args[n] for args in used}) > 1}
    if not dropped:
        return None
    return tuple(
        replace(m, kept=tuple(i for n, i in enumerate(m.kept) if n not in dropped)) for m in group
    )


def _larger(
    program: Program, group: Group, tensor: Tensor, refused: Refused, others: list[Candidate]
) -> Group | None:
    """With an exponential that is added to a scaled one, at the same place of the shift."""
    known = definitions(program)
    for weight in refused.between:
        for largest in refs(weight, tensor):
            for part in refused.beside:
                for u in exponents(part, known):
                    for candidate in others:
                        member = _beside(candidate, u, largest)
                        if member and all(m.candidate is not candidate for m in group):
                            return (*group, member)
    return None


def _beside(candidate: Candidate, u: Expr, largest: Ref) -> Member | None:
    binding = match(candidate.u, u)
    if binding is None:
        return None
    there = {e: i for i, e in binding.items()}
    if not all(a in there for a in largest.args):
        return None
    return Member(candidate, tuple(there[a] for a in largest.args))


def _with_shift(
    program: Program, scaled: Program, group: Group, tensor: Tensor, scaling: Scaling
) -> tuple[Program, list[Step]]:
    indices = tensor.indices
    parts: list[Expr] = [ZERO] if scaling.lifted else []
    parts += [_largest(member, indices) for member in group]
    maximum = finite_maximum(reduce(lambda a, b: call("maximum", b, a), parts))
    holders = {m.candidate.holder for m in group}
    place = next(n for n, a in enumerate(program.assignments) if a.tensor in holders)
    line = Assignment(tensor, indices, maximum, program.assignments[place].place, constant=True)
    scaled = _selected(scaled, group)
    lines, difference = name_difference(program, scaled, group, tensor)
    lines = (*lines[:place], line, *difference, *lines[place:])
    after = live(in_order(replace(scaled, assignments=lines)))
    first = _step(program, after, group[0], tensor, line)
    return after, [first, *_cancelled(after, scaling, first)]


def _selected(scaled: Program, group: Group) -> Program:
    """e^(u - m) keep -> e^(u - m) keep [keep > 0]: a masked exponential may overflow."""
    known = definitions(scaled)
    masks = {t for m in group for t in m.candidate.guard.tensors}

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Mul) or not any(True for _ in exponents(node, known)):
            return None
        for choice in (f for f in node.args if isinstance(f, Add) and is_truth(f)):
            rest = nodes.mul(*(f for f in node.args if f is not choice))
            return nodes.add(*(nodes.mul(rest, case) for case in choice.args))
        kept = [f for f in node.args if isinstance(f, Ref) and f.tensor in masks]
        return nodes.mul(*node.args, *map(guard_of, kept)) if kept else None

    if all(m.candidate.guard is ONE for m in group):
        return scaled
    lines = (replace(a, value=transform(a.value, leaf)) for a in scaled.assignments)
    return replace(scaled, assignments=tuple(lines))


def _largest(member: Member, indices: tuple[Index, ...]) -> Expr:
    """max u over the indices that the shift does not keep, where the guard lets it."""
    mapping = dict(zip(member.kept, indices, strict=True))
    gone = [i for i in member.candidate.indices if i not in mapping]
    over = {i: Index(i.dim, 50 + n) for n, i in enumerate(gone)}
    u, guard = (
        substitute(e, {**mapping, **over}) for e in (member.candidate.u, member.candidate.guard)
    )
    return nodes.reduce_("max", over.values(), u if guard is ONE else choose(guard, u, -INFINITY))


def _step(
    program: Program, after: Program, member: Member, tensor: Tensor, line: Assignment
) -> Step:
    candidate, known = member.candidate, definitions(program)
    before = call("exp", candidate.u)
    largest = tensor[tuple(idx(i) for i in member.kept)]
    now = call("exp", candidate.u - largest) * call("exp", largest)
    changed = [
        str(a)
        for a in after.assignments
        if a.tensor not in known or known[a.tensor].value is not a.value
    ]
    return Step(RULE, "", before, now, RULES[RULE].because["en"], tuple(changed))


def _cancelled(after: Program, scaling: Scaling, first: Step) -> list[Step]:
    """How the factor goes from name to name, until names hold again what their author meant."""
    because, now, told = RULES[FACTOR].because["en"], definitions(after), []
    other = Definitions(())  # names that hold another value now, or are gone
    for assignment, split in scaling.touched:
        before = unfolded(assignment.value, other)
        holds = any(scaling(n).weight is not ZERO for n in walk(assignment.value))
        if not holds and before is assignment.value:
            continue
        line, scaled = now.get(assignment.tensor), split.weight is not ZERO
        if scaled or line is None:
            other[assignment.tensor] = assignment
        if line is None or before is first.before:
            continue
        value = assignment.left * call("exp", split.weight) if scaled else line.value
        left = "" if scaled else str(assignment.left)
        told.append(Step(FACTOR, left, before, value, because, (str(line),)))
    return told


def _readable(steps: list[Step], program: Program) -> tuple[Step, ...]:
    """Without steps of names that a later shift did away with."""
    given = {a.tensor for a in program.arguments} | {p.tensor for p in program.parameters}
    known = given | {a.tensor for a in program.assignments}
    return tuple(
        s for s in steps if s.rule != FACTOR or (s.before.tensors | s.after.tensors) <= known
    )
