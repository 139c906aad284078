"""Short rows, several of them side by side: a vector takes one place of each, not places of one.

A row of 10 is too short for vectors of 8: its sums across a vector and its last two places cost
more than the rest. So rows shorter than SHORT are taken LANES at a time.
"""

from __future__ import annotations

from ...index import nodes
from ...loops.lower import ACROSS, ROW, VALUE, Passes
from ...schedule import Statement
from ...schedule.shapes import TRANSCENDENTAL
from .blocks import (
    START,
    Lines,
    comment,
    indented,
    nest,
    part_of,
    stored_at,
    taken_in,
    target,
)  # fmt: skip
from .kernel import SIDE_BY_SIDE, Kernel

LANE = "for (int lane = 0; lane < LANES; lane++)"


def has_lanes(k: Kernel) -> bool:
    """True where rows are one axis, and the places of a row another, with a reduction along it."""
    low, frame = k.low, k.low.frame
    if not len(frame.rows) == len(frame.inner) == 1 or ROW not in low.kinds.values():
        return False
    along = [s.value for s in low.statements if low.kinds[s.tensor] == ACROSS and low.inner_axes(s)]
    return all(isinstance(value, nodes.Reduce) and value.op == "sum" for value in along)


def is_short(k: Kernel) -> str:
    """The condition under which rows are taken side by side: sooner where a sum waits for exp."""
    low = k.low
    bodies = [s.value.args[0] for s in low.statements if low.kinds[s.tensor] == ROW]
    heavy = any(low.work_inside(body) >= TRANSCENDENTAL for body in bodies)
    return f"{k.product(low.frame.inner)} < {'SHORT' if heavy else 'SHORT / 2'}"


def lanes(k: Kernel) -> Lines:
    """The loop over groups of rows, in which each variable of a row is an array."""
    assert k.passes is not None
    (axis,) = k.low.frame.rows
    k.lanes, k.words.index[axis] = True, SIDE_BY_SIDE
    rows: Lines = []
    for number in range(1, k.passes.count + 1):
        k.number = number
        rows += _pass(k, k.passes, number)
    k.lanes, k.words.index[axis] = False, "row"
    return [
        f"const long side = {is_short(k)} ? to - (to - from) % LANES : from;",
        "for (long row = from; row < side; row += LANES) {",
        *indented(rows),
        "}",
    ]


def _pass(k: Kernel, passes: Passes, number: int) -> Lines:
    """What is known of each row before this pass, its loop over places, and what that found."""
    low = k.low
    actions = [s for s in passes.actions if passes.number[s.tensor] == number]
    known = passes.known(number)
    held = [s for s in low.statements if passes.is_held_from(s.tensor, number)]
    sums = [s for s in actions if low.kinds[s.tensor] == ROW]
    along = [*held, *(s for s in actions if low.inner_axes(s))]
    names = [k.local(s.tensor).replace("[lane]", "[LANES]") for s in known + sums]
    rows: Lines = [f"real {', '.join(names)};"] if names else []
    first = [f"{k.local(s.tensor)} = {k.printer.write(s.value)};" for s in known]
    first += [f"{k.local(s.tensor)} = {START[s.value.op]};" for s in sums]  # type: ignore[attr-defined]
    rows += _each(first)
    rows += [line for s in along for line in comment(k, s)]
    rows += _along(k, along) if along else []
    stored = [f"{target(k, s)} = {k.local(s.tensor)};" for s in sums if s.tensor in low.arrays]
    for s in actions:
        if low.kinds[s.tensor] == VALUE and not low.inner_axes(s):
            value = k.local(s.tensor) if s in known else k.printer.write(s.value)
            stored.append(f"{target(k, s)} = {value};")
    rows += _each(stored)
    for s in actions:
        if low.kinds[s.tensor] == ACROSS and not low.inner_axes(s):
            rows += [LANE, f"    {taken_in(k, s, part_of(k, s))}"]
    return rows


def _along(k: Kernel, actions: list[Statement]) -> Lines:
    """The loop over the places of a row, and in it one over the rows."""
    assert k.passes is not None
    low, (axis,) = k.low, k.low.frame.inner
    needed = k.passes.needed([s.value for s in actions], k.number)
    inside = [
        f"const real {k.local(s.tensor)} = {k.printer.write(s.value)};"
        for s in needed
        if low.inner_axes(s)
    ]
    before: Lines = []
    after: Lines = []
    for s in actions:
        if low.kinds[s.tensor] == VALUE:
            value = k.local(s.tensor) if s in needed else k.printer.write(s.value)
            inside.append(f"{stored_at(k, s)} = {value};")
        elif low.kinds[s.tensor] == ROW:
            inside.append(taken_in(k, s, k.local(s.tensor)))
        else:
            name = f"{k.words.tensor(s.tensor)}_lanes"
            before.append(f"real {name} = 0;")
            inside.append(taken_in(k, s, name))
            after.append(f"{part_of(k, s)} += {name};")
    summed = ", ".join(row.split()[1] for row in before)
    loop = _each(inside, f" reduction(+ : {summed})" if summed else "")
    return nest(k, (axis,), [*before, *loop, *after])


def _each(inside: Lines, clause: str = "") -> Lines:
    """What is done for each of the rows, at once."""
    if not inside:
        return []
    single = len(inside) == 1
    head = [f"#pragma omp simd{clause}", LANE + ("" if single else " {")]
    return [*head, *indented(inside), *([] if single else ["}"])]
