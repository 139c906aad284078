"""Short rows, several of them side by side: a vector takes one place of each, not places of one.

A row of 10 is too short for vectors of 8: its sums across a vector and its last two places cost
more than the rest. So rows shorter than SHORT are taken LANES at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..arrays.crops import affine
from ..index import nodes as index
from ..index.dims import Dim
from ..index.nodes import Expr
from ..index.walk import walk
from ..schedule import Statement
from ..schedule.shapes import TRANSCENDENTAL
from .blocks import START, Lines, nest, opened, part_of, reduction, stored_at, taken_in
from .kernel import LANES, Kernel
from .lower import ACROSS, ROW, VALUE, Passes
from .nodes import (
    COUNT,
    INDEX,
    ZERO,
    Accumulate,
    Arrays,
    Choice,
    Comment,
    Compare,
    Constant,
    Declare,
    Loop,
    Name,
    Negative,
    Quotient,
    Remainder,
    Store,
    Value,
    Whole,
    total,
)

SHORT = Constant("SHORT")
FROM, TO = Name("from"), Name("to")


def has_lanes(k: Kernel) -> bool:
    """True where rows are one axis, and the places of a row another, with a reduction along it."""
    low, frame = k.low, k.low.frame
    if not len(frame.rows) == len(frame.inner) == 1 or ROW not in low.kinds.values():
        return False
    if any(_runs_back(place, frame.row_dims()) for s in low.statements for place in _places(s)):
        return False
    along = [s.value for s in low.statements if low.kinds[s.tensor] == ACROSS and low.inner_axes(s)]
    return all(isinstance(value, index.Reduce) and value.op == "sum" for value in along)


def _places(statement: Statement) -> Iterator[Expr]:
    """The places at which elements are read."""
    for node in walk(statement.value):
        if isinstance(node, index.Ref):
            yield from node.args


def _runs_back(place: Expr, rows: frozenset[Dim]) -> bool:
    """True for x[n - 1 - row]: the vectoriser of GCC 12 adds up such reads over lanes wrongly."""
    if isinstance(place, index.Idx) or not any(i.dim in rows for i in place.free):
        return False
    step = affine(place)
    return step is None or step[1] < 0


def is_short(k: Kernel) -> Compare:
    """The condition under which rows are taken side by side: sooner where a sum waits for exp."""
    low = k.low
    bodies = [s.value.args[0] for s in low.statements if low.kinds[s.tensor] == ROW]
    heavy = any(low.work_inside(body) >= TRANSCENDENTAL for body in bodies)
    bound: Value = SHORT if heavy else Quotient(SHORT, Whole(2))
    return Compare("lt", k.product(low.frame.inner), bound)


def lanes(k: Kernel) -> Lines:
    """The loop over groups of rows, in which each variable of a row is an array."""
    assert k.passes is not None
    k.lanes = True
    rows: Lines = []
    for number in range(1, k.passes.count + 1):
        k.number = number
        rows += _pass(k, k.passes, number)
    k.lanes = False
    rest = Remainder(total(TO, Negative(FROM)), LANES)
    side = Choice(is_short(k), total(TO, Negative(rest)), FROM)
    return [
        Declare("side", side, INDEX),
        Loop("row", FROM, Name("side"), tuple(rows), step=LANES),
    ]


def _pass(k: Kernel, passes: Passes, number: int) -> Lines:
    """What is known of each row before this pass, its loop over places, and what that found."""
    low = k.low
    actions = [s for s in passes.actions if passes.number[s.tensor] == number]
    known = passes.known(number)
    held = [s for s in low.statements if passes.is_held_from(s.tensor, number)]
    sums = [s for s in actions if low.kinds[s.tensor] == ROW]
    along = [*held, *(s for s in actions if low.inner_axes(s))]
    names = tuple(k.variable(s.tensor) for s in known + sums)
    rows: Lines = [Arrays(names, LANES)] if names else []
    first: Lines = [Store(k.local(s.tensor), k.write(s.value)) for s in known]
    first += [Store(k.local(s.tensor), START[reduction(s).op]) for s in sums]
    rows += _each(first)
    rows += map(Comment, along)
    rows += _along(k, along) if along else []
    stored: Lines = [Store(k.target(s), k.local(s.tensor)) for s in sums if s.tensor in low.arrays]
    for s in actions:
        if low.kinds[s.tensor] == VALUE and not low.inner_axes(s):
            value = k.local(s.tensor) if s in known else k.write(s.value)
            stored.append(Store(k.target(s), value))
    rows += _each(stored)
    for s in actions:
        if low.kinds[s.tensor] == ACROSS and not low.inner_axes(s):
            rows.append(_over_lanes([taken_in(k, s, part_of(k, s))]))
    return rows


def _along(k: Kernel, actions: list[Statement]) -> Lines:
    """The loop over the places of a row, and in it one over the rows."""
    assert k.passes is not None
    low, (axis,) = k.low, k.low.frame.inner
    needed = k.passes.needed([s.value for s in actions], k.number)
    inside: Lines = [
        Declare(k.variable(s.tensor), k.write(s.value)) for s in needed if low.inner_axes(s)
    ]
    summed: list[tuple[Statement, Name]] = []
    for s in actions:
        if low.kinds[s.tensor] == VALUE:
            value = k.local(s.tensor) if s in needed else k.write(s.value)
            inside.append(Store(stored_at(k, s), value))
        elif low.kinds[s.tensor] == ROW:
            inside.append(taken_in(k, s, k.local(s.tensor)))
        else:
            name = Name(f"{k.name(s.tensor)}_lanes")
            inside.append(taken_in(k, s, name))
            summed.append((s, name))
    before = [opened(name.name, s) for s, name in summed]
    after = [Accumulate("sum", part_of(k, s), name) for s, name in summed]
    loop = _each(inside, tuple(("sum", name.name) for _, name in summed))
    return nest(k, (axis,), [*before, *loop, *after])


def _each(inside: Lines, found: tuple[tuple[str, str], ...] = ()) -> Lines:
    """What is done for each of the rows, at once."""
    return [_over_lanes(inside, simd=True, found=found)] if inside else []


def _over_lanes(inside: Lines, simd: bool = False, found: tuple[tuple[str, str], ...] = ()) -> Loop:
    return Loop("lane", ZERO, LANES, tuple(inside), kind=COUNT, simd=simd, found=found)
