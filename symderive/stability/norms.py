"""Norms whose powers would overflow or underflow: (Σ v^k)^(1/k), scaled by the largest v.

y = m (Σ (v/m)^k)^(1/k) is the same for every m, so that no gradient flows through the maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..calculus.normal import normal
from ..index import nodes
from ..index.dims import Index, indices_of
from ..index.functions import is_nonnegative
from ..index.nodes import ONE, Expr, Idx, Num, Pow, Reduce, Ref, Tensor, call, num
from ..index.text import factors_of
from ..index.walk import refs, substitute, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import (
    Definitions,
    checked,
    definitions,
    free_name,
    in_order,
    live,
    opened,
    unfolded,
    with_value,
)
from .rules import RULES
from .shift import finite_maximum

RULE = "scale-by-largest"
FIRST = 70  # the serial of the first bound index of the maximum


@dataclass(frozen=True)
class Norm:
    """(c Σ v^k)^(1/k), found in a value.

    node: the root as it is written.  total: Σ v^k alone.  power: v^k alone.  base, exponent: v, k.
    """

    node: Pow
    total: Reduce
    power: Expr
    base: Expr
    exponent: Expr


def scale_powers(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """A root of a sum of powers, scaled by the largest; None where there is none (left).

    Squares wait for the calculus, which has its closed form from them as they are written.
    """
    for assignment, norm in _norms(program):
        if norm.exponent is not num(2):
            return _scaled(program, assignment, norm, early=True)
    return None


def scale_squares(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """√Σ v² as c √Σ (v/c)²; None where there is none.

    Where there are several, as in a cosine, they are left: their product, or the products of their
    vectors, would still overflow, and each scale costs two passes and four lines.
    """
    found = [(a, n) for a, n in _norms(program) if n.exponent is num(2)]
    return _scaled(program, *found[0], early=False) if len(found) == 1 else None


def _norms(program: Program) -> Iterator[tuple[Assignment, Norm]]:
    known = definitions(program)
    for assignment in program.assignments:
        if not assignment.constant:
            for node in walk(assignment.value):
                norm = _norm(node, known)
                if norm is not None:
                    yield assignment, norm


def _norm(node: Expr, known: Definitions) -> Norm | None:
    if not isinstance(node, Pow):
        return None
    inside = opened(node.args[0], known) or node.args[0]
    sums = [f for f in factors_of(inside) if isinstance(f, Reduce) and f.op == "sum"]
    if len(sums) != 1:
        return None
    total = sums[0]
    power = opened(total.args[0], known) or total.args[0]
    base, exponent = nodes.base_exp(power)
    undone = normal(exponent * node.args[1])
    if not isinstance(power, Pow) or undone not in (ONE, nodes.MINUS_ONE):
        return None
    if exponent in (ONE, nodes.MINUS_ONE):  # q / Σ q with q = 1/v: nothing grows
        return None
    if not base.free & set(total.bound) or _is_scaled(base, known):
        return None
    even = isinstance(exponent, Num) and exponent.value.numerator % 2 == 0
    if not even and not is_nonnegative(unfolded(base, known)):
        return None
    return Norm(node, total, power, base, exponent)


def _is_scaled(base: Expr, known: Definitions) -> bool:
    """Whether v is a quotient by a maximum already."""
    value = opened(base, known) or base
    below = (nodes.base_exp(factor) for factor in factors_of(value))
    return any(
        exp is nodes.MINUS_ONE and isinstance(b, Ref) and b.tensor in known
        and known[b.tensor].constant
        for b, exp in below
    )  # fmt: skip


def _scaled(
    program: Program, user: Assignment, norm: Norm, *, early: bool
) -> tuple[Program, tuple[Step, ...]]:
    """early: before the calculus, so that a name may come to stand for less. What is found later
    speaks of s = Σ v², which then stays what it is, read or not."""
    scale, lines, z = _scale(program, user, norm)
    power = nodes.power(z, norm.exponent)
    power = _kept(program, lines, norm.total.args[0], power) if early else power
    total = nodes.sum_(norm.total.bound, power)
    inside = opened(norm.node.args[0], definitions(program)) or norm.node.args[0]
    swapped = transform(inside, lambda node: total if node is norm.total else None)
    mean = _kept(program, lines, norm.node.args[0], swapped) if early else swapped
    undone = normal(norm.exponent * norm.node.args[1])  # 1, or -1 where the norm is below
    root = nodes.power(scale, undone) * nodes.power(mean, norm.node.args[1])
    value = transform(user.value, lambda node: root if node is norm.node else None)
    lines[user.tensor] = replace(lines[user.tensor], value=value)
    after = in_order(replace(program, assignments=tuple(lines.values())))
    after = live(after) if early else after
    _check_scale(program, after, scale)
    powers = nodes.sum_(norm.total.bound, norm.power)  # the names may stand for less now
    written = transform(inside, lambda node: powers if node is norm.total else None)
    told = nodes.power(written, norm.node.args[1])
    before = transform(user.value, lambda node: told if node is norm.node else None)
    step = Step(RULE, str(user.left), before, value, RULES[RULE].because["en"])
    return after, (step,)


def _scale(
    program: Program, user: Assignment, norm: Norm
) -> tuple[Ref, dict[Tensor, Assignment], Ref]:
    """The scale at the place of the norm, the lines with those of the scale and of v/scale among
    them, and v/scale there."""
    outer = norm.base.free - set(norm.total.bound)
    own = [i for i in user.indices if i in outer]
    free = (*own, *sorted(outer - set(own)))
    lines = {a.tensor: a for a in program.assignments}
    dims = tuple(i.dim for i in free)
    names = free_name(program, "m"), free_name(program, "c"), free_name(program, "z")
    largest, scale = Tensor(names[0], dims), Tensor(names[1], dims)
    indices = indices_of(dims)
    over = dict(zip(free, indices, strict=True))
    bound = {b: Index(b.dim, FIRST + n) for n, b in enumerate(norm.total.bound)}
    size = norm.base if is_nonnegative(norm.base) else call("abs", norm.base)
    maximum = nodes.reduce_("max", bound.values(), substitute(size, {**over, **bound}))
    lines[largest] = Assignment(
        largest, indices, finite_maximum(maximum), user.place, constant=True
    )
    m = largest[indices] if indices else largest[()]
    lines[scale] = Assignment(
        scale, indices, m + nodes.bracket("eq", m, 0), user.place, constant=True
    )
    at = scale[free] if free else scale[()]
    every = (*free, *norm.total.bound)
    z = Tensor(names[2], tuple(i.dim for i in every))
    value = substitute(norm.base / at, dict(zip(every, z.indices, strict=True)))
    # opaque: written into z², x²/c² would overflow after all
    lines[z] = Assignment(z, z.indices, value, user.place, opaque=True)
    return at, lines, z[every]


def _kept(program: Program, lines: dict[Tensor, Assignment], name: Expr, value: Expr) -> Expr:
    """The new value by the name that the old one had, where nothing else reads that name."""
    if not isinstance(name, Ref) or name.tensor not in lines:
        return value
    readers = [r for a in program.assignments for r in refs(a.value, name.tensor)]
    places = [a.index for a in name.args if isinstance(a, Idx)]
    line = lines[name.tensor]
    if len(readers) != 1 or len(set(places)) != len(name.args) or not value.free <= set(places):
        return value
    over = dict(zip(places, line.indices, strict=True))
    lines[name.tensor] = replace(line, value=substitute(value, over))
    return name


def _check_scale(before: Program, after: Program, scale: Ref) -> None:
    """The outputs are those of before, and would be with any other scale."""
    checked(before, after, RULE)
    known = definitions(after)[scale.tensor].value
    checked(before, with_value(after, scale.tensor, known * num(Fraction(7, 4))), RULE)
