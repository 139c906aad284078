"""A maximum that the author subtracts: where the outputs do not depend on it, it is a constant,
and it is made finite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..index import nodes
from ..index.nodes import ZERO, Add, Call, Expr, Mul, Reduce, Ref, Tensor
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .candidates import exponents_in
from .chain import Definitions, checked, definitions, equal, free_name, live, opened
from .rules import RULES
from .scale import Refused, Scaling
from .shift import finite_maximum

RULE = "shift-is-constant"


def own_shift(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """The first maximum of the author's that cancels becomes a constant; else None."""
    for named, line in _maxima(program):
        if independent(named, line.tensor):
            return _made_constant(program, named, line)
    return None


def _maxima(program: Program) -> Iterator[tuple[Program, Assignment]]:
    """Every maximum that has a name, then those inside exponentials, given a name."""
    for assignment in program.assignments:
        if (
            isinstance(assignment.value, Reduce)
            and assignment.value.op == "max"
            and not assignment.constant
        ):
            yield program, assignment
    for assignment in program.assignments:
        for u in exponents_in(assignment.value):
            for maximum in _subtracted(u):
                yield _named(program, maximum)


def _subtracted(u: Expr) -> list[Reduce]:
    inside = [n for n in walk(u) if isinstance(n, Add)]
    terms = [nodes.coefficient(t) for node in inside for t in node.args]
    return [
        rest for count, rest in terms if count < 0 and isinstance(rest, Reduce) and rest.op == "max"
    ]


def _named(program: Program, maximum: Reduce) -> tuple[Program, Assignment]:
    free = sorted(maximum.free)
    tensor = Tensor(free_name(program, "m"), tuple(i.dim for i in free))
    indices = tensor.indices
    mapping = dict(zip(free, indices, strict=True))
    place = next(n for n, a in enumerate(program.assignments) if maximum in set(walk(a.value)))
    line = Assignment(
        tensor, indices, substitute(maximum, mapping), program.assignments[place].place
    )
    name = tensor[tuple(free)] if free else tensor[()]
    changed = [
        replace(a, value=transform(a.value, lambda n: name if n is maximum else None))
        for a in program.assignments
    ]
    return replace(program, assignments=(*changed[:place], line, *changed[place:])), line


def independent(program: Program, shift: Tensor) -> bool:
    """Whether no output depends on this tensor: taken out of each exponential, it cancels."""
    inlined = _inlined(program, shift)
    known = definitions(inlined)

    def site(u: Expr) -> tuple[Expr, Expr] | None:
        return linear_part(u, shift, known) if shift in u.tensors else None

    try:
        without = _inlined(Scaling(site).program(inlined), shift)  # L = log s has become log s' - m
    except Refused:
        return False
    spread = replace(
        without,
        assignments=tuple(replace(a, value=_spread(a.value, shift)) for a in without.assignments),
    )
    return all(a.tensor != shift for a in live(spread).assignments)


def _inlined(program: Program, shift: Tensor) -> Program:
    """Names for sums that hold the shift (z_i = x_i - m) are replaced by what they stand for."""
    through = Definitions(())
    lines = []
    for assignment in program.assignments:
        value = transform(assignment.value, lambda n: opened(n, through))
        line = replace(assignment, value=value)
        lines.append(line)
        if (
            shift in value.tensors
            and isinstance(value, (Add, Mul, Ref))
            and not _has_exponential(value)
        ):
            through[assignment.tensor] = line
    return replace(program, assignments=tuple(lines))


def _has_exponential(expr: Expr) -> bool:
    return any(isinstance(n, Call) and n.function == "exp" for n in walk(expr))


def linear_part(u: Expr, shift: Tensor, known: Definitions) -> tuple[Expr, Expr]:
    """u = u' + w, where w holds every term with the shift. Raises Refused if it is not linear."""
    if shift not in u.tensors:
        return u, ZERO
    if isinstance(u, Ref) and u.tensor == shift:
        return ZERO, u
    if isinstance(u, Add):
        parts = [linear_part(t, shift, known) for t in u.args]
        return nodes.add(*(p for p, _ in parts)), nodes.add(*(w for _, w in parts))
    holding = [f for f in u.args if shift in f.tensors]
    if isinstance(u, Mul) and len(holding) == 1:
        rest = [f for f in u.args if f is not holding[0]]
        inner, weight = linear_part(holding[0], shift, known)
        return nodes.mul(*rest, inner), nodes.mul(*rest, weight)
    raise Refused(f"{u} is not linear in {shift.name}")


def _spread(expr: Expr, shift: Tensor) -> Expr:
    """Multiply out the products with a sum that holds the shift, so that it can cancel."""

    def leaf(node: Expr) -> Expr | None:
        if shift not in node.tensors or not isinstance(node, (Mul, Add)):
            return None
        args = [_spread(a, shift) for a in node.args]
        if isinstance(node, Add):
            return nodes.add(*args)
        sums = [a for a in args if isinstance(a, Add) and shift in a.tensors]
        if len(sums) != 1:
            return nodes.mul(*args)
        rest = [a for a in args if a is not sums[0]]
        return nodes.add(*(_spread(nodes.mul(*rest, t), shift) for t in sums[0].args))

    return transform(expr, leaf)


def _made_constant(
    program: Program, named: Program, line: Assignment
) -> tuple[Program, tuple[Step, ...]] | None:
    maximum = line.value
    assert isinstance(maximum, Reduce)
    value = finite_maximum(maximum)
    lines = tuple(
        replace(a, value=value, constant=True) if a.tensor == line.tensor else a
        for a in named.assignments
    )
    after = replace(named, assignments=lines)
    if not equal(program, after, nudge=(line.tensor,)):
        return None
    rule = RULES[RULE]
    step = Step(RULE, str(line.left), maximum, value, rule.because["en"])
    return checked(program, after, RULE), (step,)
