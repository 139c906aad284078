"""The loops of a kernel: phases over rows, passes within a row, blocks within a pass."""

from __future__ import annotations

from functools import reduce

from ..index import nodes as index
from ..schedule import Statement
from .blocks import (
    FAR,
    START,
    Lines,
    in_blocks,
    in_loop,
    local_name,
    nest,
    opened,
    part_of,
    reduction,
    row_loop,
    taken_in,
)  # fmt: skip
from .frame import Axis, dims_of
from .kernel import LANES, Kernel
from .lanes import FROM, TO, has_lanes, is_short, lanes
from .lower import ACROSS, ROW, TOP, VALUE
from .nodes import (
    COUNT,
    INDEX,
    ONE,
    THREAD,
    ZERO,
    Accumulate,
    All,
    Call,
    Choice,
    Comment,
    Compare,
    Constant,
    Declare,
    Line,
    Load,
    Loop,
    Name,
    Nest,
    Parameter,
    Pointer,
    Product,
    Quotient,
    Remainder,
    Share,
    Store,
    Value,
    Whole,
    names_in,
    times,
    total,
)

PART, PARTS = Name("part"), Name("parts")
WIDE = "wide"  # how long a row that is held is, or several side by side


def lowered(k: Kernel) -> Nest:
    """The kernel as a nest of loops."""
    body = top_level(k, 0)
    for number in range(1, k.low.phases + 1):
        body += phase(k, number)
        body += top_level(k, number)
    opening = tuple(_opening(k))
    space = (*_kept(k), *k.space)
    return Nest(k.takes(), opening, space, tuple(body), k.streams)


def _kept(k: Kernel) -> list[tuple[str, Value]]:
    """The arrays in which values wait between phases, with their lengths."""
    return [
        (k.name(t), k.product(k.axes(t.dims)))
        for t in k.low.arrays
        if t not in k.low.results and (t.dims or k.low.kinds[t] in (ROW, VALUE))
    ]


def _opening(k: Kernel) -> Lines:
    """What is decided by the lengths: how many threads, how many parts, what is past the caches."""
    rows: Lines = []
    frame, everything = k.low.frame, k.product(k.low.frame.axes)
    many = Compare("gt", everything, Constant("PARALLEL"))
    if k.low.phases:
        rows.append(Declare("threads", Choice(many, Call("threads", ()), ONE), COUNT))
    if ACROSS in k.low.kinds.values():
        parts = Call("parts_of", (_terms(k),))
        rows.append(Declare("parts", Choice(many, parts, ONE), COUNT))
    if k.streams:
        wide = [t for t in (*k.reads, *k.low.results) if set(k.axes(t.dims)) == set(frame.axes)]
        count = [Whole(len(wide))] if len(wide) > 1 else []
        size = times(*count, everything, Constant("bytes"))
        far: list[Value] = [Compare("gt", size, Constant("CACHE"))]
        if frame.inner:
            far.append(Compare("ge", k.length(frame.inner[-1]), Whole(1024)))
        rows.append(Declare("far", far[0] if len(far) == 1 else All(tuple(far)), COUNT))
    if WIDE in names_in(tuple(length for _, length in k.space)):
        row = k.product(frame.inner)
        rows.append(Declare(WIDE, Choice(is_short(k), times(row, LANES), row), INDEX))
    return rows


def _terms(k: Kernel) -> Value:
    """How many rows are added up in one number, the fewest: each part has memory for every sum."""
    found: dict[Value, None] = {}
    for s in k.low.statements:
        if k.low.kinds[s.tensor] == ACROSS:
            own = k.axes(s.tensor.dims)
            found[k.product(tuple(a for a in k.low.frame.rows if a not in own))] = None
    return reduce(lambda a, b: Call("least", (a, b)), found)


def top_level(k: Kernel, after: int) -> Lines:
    """Statements between the parallel loops."""
    k.passes = None
    return [
        line
        for s in k.low.statements
        if k.low.kinds[s.tensor] == TOP and k.low.phase[s.tensor] == after
        for line in _top(k, s)
    ]


def _top(k: Kernel, s: Statement) -> Lines:
    own, local = k.axes(tuple(i.dim for i in s.indices)), Name(local_name(k, s))
    made: Lines
    if isinstance(s.value, index.Reduce):
        bound = k.low.frame.over(dims_of(s.value.bound))
        made = [opened(local.name, s), *nest(k, bound, [taken_in(k, s, local)])]
    elif own:
        return [Comment(s), *nest(k, own, [Store(k.target(s), k.write(s.value))])]
    else:
        made = [Declare(local.name, k.write(s.value))]
    if own or s.tensor in k.low.results:
        made.append(Store(k.target(s), local))
    return [Comment(s), *nest(k, own, made)]


def phase(k: Kernel, number: int) -> Lines:
    """One loop over the rows, shared among threads, and the sum of what each part of it found."""
    k.passes = k.low.passes(number)
    prepare: Lines = []
    after: Lines = []
    finish: Lines = []
    rows = _row_body(k)
    for name in sorted(k.name(t) for t in k.passes.scratch):
        width = Name(WIDE) if has_lanes(k) else k.product(k.low.frame.inner)
        k.space.append((f"{name}_rows", times(Name("threads"), width)))
        own = total(Name(f"{name}_rows"), times(THREAD, width))
        prepare.append(Pointer(name, own, alone=True))
    across = [s for s in k.passes.actions if k.low.kinds[s.tensor] == ACROSS]
    for s in across:
        for found, made in zip((prepare, finish, after), _part(k, s), strict=True):
            found += made
    suffix = f"_{number}" if k.low.phases > 1 else ""
    body = (*prepare, *rows, *finish)
    count = k.product(k.low.frame.rows)
    share = Share(suffix, _taken(k, body), body, count, bool(across), not k.flat)
    return [share, *after]


def _taken(k: Kernel, body: tuple[Line, ...]) -> tuple[Parameter, ...]:
    """What the lines of a share use of the kernel's, in order."""
    used = names_in(body)
    own = [k.name(t) for t in k.low.arrays if t not in k.low.results]
    beside = [
        local_name(k, s)
        for s in k.low.statements
        if k.low.kinds[s.tensor] in (TOP, ACROSS) and not s.tensor.dims
    ]
    every = [
        *k.arrays(),
        *map(k.written, [*own, *(name for name, _ in k.space)]),
        *(Parameter(name) for name in [*(k.name(t) for t in k.numbers), *beside]),
        *(Parameter(name, INDEX) for name in (*k.lengths.values(), WIDE)),
        *(Parameter(name.name, COUNT) for name in (FAR, PART, THREAD)),
    ]
    return tuple({p.name: p for p in every if p.name in used}.values())


def _part(k: Kernel, s: Statement) -> tuple[Lines, Lines, Lines]:
    """A sum over rows: what is done as each part begins and ends, and after all of them."""
    name, axes, op = k.name(s.tensor), k.axes(s.tensor.dims), reduction(s).op
    count, parts = k.product(axes), f"{name}_parts"
    k.space.append((parts, times(PARTS, count) if axes else PARTS))
    if axes:  # place after place, which can be vectorised
        begins = Product((PART, count))
        target, whole = part_of(k, s), k.target(s)
        found = Load(parts, total(begins, k.place(axes)))
        return (
            [
                Pointer(f"{name}_part", total(Name(parts), begins), alone=True),
                *nest(k, axes, [Store(target, START[op])]),
            ],
            [],
            [
                Comment(s),
                *nest(k, axes, [Store(whole, START[op])]),
                _over_parts(nest(k, axes, [Accumulate(op, whole, found)])),
            ],
        )
    local, found = Name(local_name(k, s)), Load(parts, PART)
    after = [Comment(s), opened(local.name, s), _over_parts([Accumulate(op, local, found)])]
    if s.tensor in k.low.results:
        after.append(Store(k.target(s), local))
    return [opened(f"{name}_part", s)], [Store(found, Name(f"{name}_part"))], after


def _over_parts(body: Lines) -> Loop:
    return Loop("part", ZERO, PARTS, tuple(body), kind=COUNT)


def _row_body(k: Kernel) -> Lines:
    assert k.passes is not None
    k.held = {}
    if k.flat:
        return _flat(k)
    rows: Lines = []
    for number in range(1, k.passes.count + 1):
        k.number = number
        rows += _pass(k, number)
    frame = k.low.frame
    if len(frame.rows) == 1:
        side = lanes(k) if has_lanes(k) else []
        return [*side, Loop("row", Name("side") if side else FROM, TO, tuple(rows))]
    opening: Lines = []
    rest: Value = Name("row")
    for place in range(len(frame.rows) - 1, -1, -1):
        axis = frame.rows[place]
        value = Remainder(rest, k.length(axis)) if place else rest
        opening.insert(0, Declare(k.index(axis).name, value, INDEX))
        rest = Quotient(rest, k.length(axis))
    return [Loop("row", FROM, TO, (*opening, *rows))]


def _flat(k: Kernel) -> Lines:
    """Elements without rows: blocks are shared among the threads."""
    assert k.passes is not None
    k.number = 1
    before, inner = in_loop(k, (k.low.frame.rows[0],), list(k.passes.actions))
    return [*before, in_blocks(FROM, TO, inner)]


def _pass(k: Kernel, number: int) -> Lines:
    """What is known of a row before this pass, then its loops."""
    assert k.passes is not None
    passes, low = k.passes, k.low
    rows: Lines = [Declare(k.variable(s.tensor), k.write(s.value)) for s in passes.known(number)]
    loops: dict[tuple[Axis, ...], list[Statement]] = {}
    for s in passes.actions:
        if passes.number[s.tensor] == number:
            loops.setdefault(low.inner_axes(s), []).append(s)
    for s in low.statements:
        if passes.is_held_from(s.tensor, number):
            loops.setdefault(low.frame.inner, []).insert(0, s)
    for axes, actions in loops.items():
        rows += row_loop(k, axes, actions) if axes else [_once(k, s) for s in actions]
    return rows


def _once(k: Kernel, s: Statement) -> Line:
    """What is done once for a row."""
    if k.low.kinds[s.tensor] == ACROSS:
        return taken_in(k, s, part_of(k, s))
    if k.low.kinds[s.tensor] == VALUE:
        return Store(k.target(s), _value(k, s))
    return Declare(k.variable(s.tensor), k.write(s.value))


def _value(k: Kernel, s: Statement) -> Value:
    """The value, or the variable that holds it already."""
    assert k.passes is not None
    passes = k.passes
    used = {
        needed.tensor
        for n in range(1, passes.count + 1)
        for needed in passes.needed(
            [a.value for a in passes.actions if passes.number[a.tensor] == n], n
        )
    }
    held = s.tensor in used and not k.low.inner_axes(s) and not k.flat
    return k.local(s.tensor) if held else k.write(s.value)
