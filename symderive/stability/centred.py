"""A gradient that is the same for x and for x - c: written in the difference that the forward has,
where large numbers have cancelled already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..calculus.result import Derived
from ..index import nodes
from ..index.dims import Index
from ..index.functions import FUNCTIONS
from ..index.nodes import Add, Expr, Reduce, Ref, Tensor, idx
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import definitions, equal
from .matching import match
from .ratio import spread
from .residual import joined, with_arguments
from .rules import RULES

RULE = "shift-invariant"


def centred(derived: Derived) -> tuple[Program, tuple[Step, ...]] | None:
    """The backward in the differences of the forward, and the steps; None where there is none."""
    backward = derived.backward
    for argument in derived.backward.arguments[:-1]:
        if argument.tensor in {a.tensor for a in derived.forward.arguments}:
            for difference in _differences(derived.forward, argument.tensor):
                written = _written_in(difference, backward, derived.forward)
                if written is not None:
                    backward = written
                    break
    if backward is derived.backward:
        return None
    folded = _folded(backward, derived.forward)
    backward = folded if _same(derived.forward, backward, folded) else backward
    because = RULES[RULE].because["en"]
    old = definitions(derived.backward)
    steps = tuple(
        Step(RULE, str(a.left), old[a.tensor].value, a.value, because)
        for a in backward.assignments
        if a.value is not old[a.tensor].value
    )
    return with_arguments(backward, derived.forward), steps


@dataclass(frozen=True)
class Difference:
    """source[indices] = value, where value is named[indices] + c, and c lacks an index."""

    source: Tensor
    indices: tuple[Index, ...]
    named: Tensor
    value: Expr

    def put(self, backward: Program, with_rest: bool) -> Program:
        """The backward with named + c, or with named alone, in the place of the source."""

        def leaf(node: Expr) -> Expr | None:
            if isinstance(node, Add) and self.source in node.tensors:
                return nodes.add(*(spread(transform(t, leaf)) for t in node.args))
            if not (isinstance(node, Ref) and node.tensor == self.source):
                return None
            over = dict(zip(self.indices, node.args, strict=True))
            return substitute(self.value, over) if with_rest else self.named[node.args]

        lines = tuple(replace(a, value=transform(a.value, leaf)) for a in backward.assignments)
        return replace(backward, assignments=lines)


def _differences(forward: Program, source: Tensor) -> list[Difference]:
    """The names of source - c in the forward, the last one first."""
    indices = source.indices
    whole = tuple(idx(i) for i in indices)
    found = {source: Difference(source, indices, source, source[whole])}
    for assignment in forward.assignments:
        if assignment.indices != indices or not isinstance(assignment.value, Add):
            continue
        terms = [t for t in assignment.value.args if isinstance(t, Ref) and t.args == whole]
        rest = [t for t in assignment.value.args if t not in terms]
        if len(terms) != 1 or terms[0].tensor not in found:
            continue
        if all(t.free < set(indices) for t in rest):
            now: dict[Expr, Expr] = {terms[0]: assignment.left - nodes.add(*rest)}
            value = transform(found[terms[0].tensor].value, now.get)
            found[assignment.tensor] = Difference(source, indices, assignment.tensor, value)
    return list(found.values())[:0:-1]


def _written_in(difference: Difference, backward: Program, forward: Program) -> Program | None:
    """The backward in a difference: as x = z + c where c cancels, or as it does not depend on c."""
    if _jumps(backward):
        return None
    read = {t for a in backward.assignments for t in a.value.tensors}
    exact = difference.put(backward, with_rest=True)
    if {t for a in exact.assignments for t in a.value.tensors} < read | {difference.named}:
        return exact
    tried = difference.put(backward, with_rest=False)
    return tried if _same(forward, backward, tried) else None


def _jumps(backward: Program) -> bool:
    """Whether the backward compares values or has a kink.

    That two forms agree at random points says that they are equal only where they are analytic: a
    bracket may be 0 at all of them.
    """
    return any(
        isinstance(node, nodes.Bracket)
        or (isinstance(node, nodes.Call) and not FUNCTIONS[node.function].smooth)
        or (isinstance(node, Reduce) and node.op in ("max", "min"))
        for assignment in backward.assignments
        for node in walk(assignment.value)
    )


def _folded(backward: Program, forward: Program) -> Program:
    """A sum that the forward has, or its negative, by the forward's name for it."""
    sums = [a for a in forward.assignments if isinstance(a.value, Reduce) and a.value.op == "sum"]

    def leaf(node: Expr) -> Expr | None:
        return next((f for a in sums if (f := _by_name(node, a))), None)

    lines = tuple(replace(a, value=transform(a.value, leaf)) for a in backward.assignments)
    return replace(backward, assignments=lines)


def _by_name(node: Expr, known: Assignment) -> Expr | None:
    if not (isinstance(node, Reduce) and node.op == "sum"):
        return None
    for sign in (1, -1):
        inside = nodes.mul(*(_signed(f, sign) for f in _factors(node.args[0])))
        binding = match(known.value, nodes.sum_(node.bound, inside))
        if binding is not None and all(i in binding for i in known.indices):
            return nodes.num(sign) * substitute(known.left, binding)
    return None


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, nodes.Mul) else (expr,)


def _signed(factor: Expr, sign: int) -> Expr:
    return spread(-factor) if sign < 0 and isinstance(factor, Add) else factor


def _same(forward: Program, left: Program, right: Program) -> bool:
    """Whether two backwards agree at the residuals of the forward, and differ as written."""
    if left.assignments == right.assignments:
        return False
    return equal(joined(forward, left), joined(forward, right))
