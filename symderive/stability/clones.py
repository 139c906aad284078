"""One exponential that is summed over rows and over columns: each sum gets its own copy, and its
own shift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..index import nodes
from ..index.dims import indices_of
from ..index.nodes import Add, Call, Expr, Mul, Reduce, Tensor, call
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .candidates import Candidate, candidates
from .chain import checked, definitions, free_name, live, opened
from .matching import match
from .shift import RULE, shift

Kind = frozenset[int]  # which places of an exponential's indices a sum runs over


def shift_clones(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """The program with the copies shifted, where one exponential in several kinds of sums is all
    that stands in the way; else None."""
    for candidate in candidates(program):
        inlined = _inlined(program, candidate)
        kinds = sorted(
            {k for a in inlined.assignments for k in _kinds(a.value, candidate)}, key=sorted
        )
        if len(kinds) < 2:
            continue
        cloned, copies = _cloned(inlined, candidate, kinds)
        found = shift(cloned)
        if found is None or not _all_shifted(found[0], copies):
            continue
        after = _without(found[0], copies)
        steps = tuple(_plain(step, copies) for step in found[1])
        return checked(program, after, RULE), steps
    return None


def _inlined(program: Program, candidate: Candidate) -> Program:
    """Names of the exponential itself are replaced by what they stand for."""
    named = {
        t: a
        for t, a in definitions(program).items()
        if isinstance(a.value, Call) and _instance(a.value, candidate) is not None
    }

    def leaf(node: Expr) -> Expr | None:
        tensor = getattr(node, "tensor", None)
        return opened(node, known) if tensor in named else None

    known = definitions(program)
    lines = (replace(a, value=transform(a.value, leaf)) for a in program.assignments)
    return live(replace(program, assignments=tuple(lines)))


def _instance(node: Expr, candidate: Candidate) -> tuple[Expr, ...] | None:
    """The index expressions at which a node is the exponential of the candidate."""
    if not (isinstance(node, Call) and node.function == "exp"):
        return None
    return _places(node.args[0], candidate)


def _places(u: Expr, candidate: Candidate) -> tuple[Expr, ...] | None:
    binding = match(candidate.u, u) if u.tensors == candidate.u.tensors else None
    return None if binding is None else tuple(binding[i] for i in candidate.indices)


def _kinds(value: Expr, candidate: Candidate) -> Iterable[Kind]:
    for node in walk(value):
        kind = _kind(node, candidate)
        if kind:
            yield kind


def _kind(node: Expr, candidate: Candidate) -> Kind:
    """The places that a sum of the exponential runs over; none where the node is no such sum."""
    if not (isinstance(node, Reduce) and node.op == "sum"):
        return Kind()
    found: set[int] = set()
    for inner in walk(node.args[0]):
        places = _instance(inner, candidate) or ()
        found |= {n for n, p in enumerate(places) if p.free & frozenset(node.bound)}
    return Kind(found)


def _cloned(
    program: Program, candidate: Candidate, kinds: list[Kind]
) -> tuple[Program, dict[Tensor, Expr]]:
    """A copy of the exponent and of the exponential for each kind of sum, and for what is combined
    with that sum. The copies of the exponent stand for `candidate.u` over its indices."""
    dims = tuple(i.dim for i in candidate.indices)
    indices, lines = indices_of(dims), list(program.assignments)
    here = dict(zip(candidate.indices, indices, strict=True))
    copies: dict[Tensor, Expr] = {}
    made: dict[Kind, tuple[Tensor, Tensor]] = {}
    place = min(n for n, a in enumerate(lines) if any(_kinds(a.value, candidate)))
    new: list[Assignment] = []
    for kind in kinds:
        for letter, value in (("a", substitute(candidate.u, here)), ("e", None)):
            grown = replace(program, assignments=(*program.assignments, *new))
            tensor = Tensor(free_name(grown, letter), dims)
            new.append(
                Assignment(tensor, indices, value or call("exp", new[-1].left), lines[place].place)
            )
        exponent, exponential = new[-2].tensor, new[-1].tensor
        made[kind] = exponent, exponential
        copies[exponent] = substitute(candidate.u, here)
    rewriting = _Rewriting(candidate, made)
    changed = [replace(a, value=rewriting(a)) for a in lines]
    return (
        live(replace(program, assignments=(*changed[:place], *new, *changed[place:]))),
        copies,
    )


class _Rewriting:
    """Puts each copy in the place of the exponential, by the sum that it is in or stands beside."""

    def __init__(self, candidate: Candidate, made: dict[Kind, tuple[Tensor, Tensor]]) -> None:
        self.candidate, self.made = candidate, made
        self.after: dict[Tensor, set[Kind]] = {}  # which kinds of sums a value was made of

    def __call__(self, assignment: Assignment) -> Expr:
        """The new value of the next assignment."""
        self.after[assignment.tensor] = self._behind(assignment.value)
        return transform(assignment.value, self._leaf)

    def _behind(self, expr: Expr) -> set[Kind]:
        found = set().union(*(self.after.get(t, set()) for t in expr.tensors))
        return found | set(_kinds(expr, self.candidate))

    def _leaf(self, node: Expr) -> Expr | None:
        kind = _kind(node, self.candidate)
        if kind in self.made:
            return self._put(node, kind)
        if not isinstance(node, (Add, Mul)):
            return None
        behind = [self._behind(a) for a in node.args]
        kinds = set().union(*behind)
        if len(kinds) != 1 or all(behind):
            return None
        args = [
            transform(a, self._leaf) if b else self._put(a, next(iter(kinds)))
            for a, b in zip(node.args, behind, strict=True)
        ]
        return nodes.add(*args) if isinstance(node, Add) else nodes.mul(*args)

    def _put(self, expr: Expr, kind: Kind) -> Expr:
        exponent, exponential = self.made[kind]

        def leaf(node: Expr) -> Expr | None:
            places = _instance(node, self.candidate)
            if places is not None:
                return exponential[places]
            places = _places(node, self.candidate)
            return None if places is None else exponent[places]

        return transform(expr, leaf)


def _all_shifted(program: Program, copies: dict[Tensor, Expr]) -> bool:
    return all(c.u.tensors.isdisjoint(copies) for c in candidates(program))


def _open(expr: Expr, copies: dict[Tensor, Expr]) -> Expr:
    def leaf(node: Expr) -> Expr | None:
        tensor = getattr(node, "tensor", None)
        if tensor not in copies:
            return None
        mapping = dict(zip(tensor.indices, node.args, strict=True))
        return substitute(copies[tensor], mapping)

    return transform(expr, leaf)


def _without(program: Program, copies: dict[Tensor, Expr]) -> Program:
    lines = (replace(a, value=_open(a.value, copies)) for a in program.assignments)
    return live(replace(program, assignments=tuple(a for a in lines if a.tensor not in copies)))


def _plain(step: Step, copies: dict[Tensor, Expr]) -> Step:
    """The step without the names of copies, which no reader meets."""
    names = {f"{t.name}_" for t in copies}
    where = tuple(w for w in step.where if not any(name in w for name in names))
    return replace(
        step, before=_open(step.before, copies), after=_open(step.after, copies), where=where
    )
