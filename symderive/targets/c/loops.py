"""The loops of a kernel: phases over rows, passes within a row, blocks within a pass."""

from __future__ import annotations

from functools import reduce

from ...index import nodes
from ...loops.frame import Axis, dims_of
from ...loops.lower import ACROSS, ROW, TOP, VALUE
from ...schedule import Statement
from .blocks import (
    START,
    Lines,
    combined,
    comment,
    in_loop,
    indented,
    local_name,
    nest,
    part_of,
    row_loop,
    taken_in,
    target,
)  # fmt: skip
from .kernel import Kernel
from .lanes import has_lanes, is_short, lanes
from .shares import PARTS, Spaces, in_parts, share, shared_out


def body(k: Kernel) -> Lines:
    """All that stands between the braces of the function."""
    rows: Lines = []
    spaces: Spaces = []
    rows += top_level(k, 0)
    for number in range(1, k.low.phases + 1):
        rows += phase(k, number, spaces)
        rows += top_level(k, number)
    return [
        *_opening(k, spaces),
        *rows,
        *(["streamed();"] if k.streams else []),
        *(["free(work);"] if _workspace(k, spaces) else []),
        "return 0;",
    ]


def _workspace(k: Kernel, spaces: Spaces) -> Spaces:
    """The arrays that the kernel needs for itself, with their lengths."""
    own = []
    for tensor in k.low.arrays:
        if tensor not in k.low.results and (tensor.dims or k.low.kinds[tensor] in (ROW, VALUE)):
            own.append((k.words.tensor(tensor), k.product(k.axes(tensor.dims))))
    return own + spaces


def _opening(k: Kernel, spaces: Spaces) -> Lines:
    rows = []
    everything = k.product(k.low.frame.axes)
    if k.low.phases:
        rows.append(f"const int threads = {everything} > PARALLEL ? omp_get_max_threads() : 1;")
        k.helpers.add("parts")
    if ACROSS in k.low.kinds.values():
        rows += [f"const int parts = {everything} > PARALLEL ? parts_of({_terms(k)}) : 1;"]
    if k.streams:
        wide = [
            t for t in (*k.reads, *k.low.results) if set(k.axes(t.dims)) == set(k.low.frame.axes)
        ]
        count = f"{len(wide)} * " if len(wide) > 1 else ""
        row = f" && {k.length(k.low.frame.inner[-1])} >= 1024" if k.low.frame.inner else ""
        rows.append(f"const int far = {count}{everything} * (long)sizeof(real) > CACHE{row};")
    needed = _workspace(k, spaces)
    if any(" wide" in length for _, length in spaces):
        row = k.product(k.low.frame.inner)
        rows.append(f"const long wide = {is_short(k)} ? {row} * LANES : {row};")
    if needed:
        total = " + ".join(length for _, length in needed)
        rows += [
            f"real *work = malloc({_in_brackets(total)} * sizeof(real));",
            "if (!work)",
            "    return -1;",
        ]
        before = "work"
        for name, length in needed:
            rows.append(f"real *{name} = {before};")
            before = f"{name} + {length}"
    return rows


def _terms(k: Kernel) -> str:
    """How many rows are added up in one number, the fewest: each part has memory for every sum."""
    found: dict[str, None] = {}
    for s in k.low.statements:
        if k.low.kinds[s.tensor] == ACROSS:
            own = k.axes(s.tensor.dims)
            found[k.product(tuple(a for a in k.low.frame.rows if a not in own))] = None
    return reduce(lambda a, b: f"least({a}, {b})", found)


def top_level(k: Kernel, after: int) -> Lines:
    """Statements between the parallel loops."""
    k.passes, rows = None, []
    for statement in k.low.statements:
        if k.low.kinds[statement.tensor] == TOP and k.low.phase[statement.tensor] == after:
            rows += _top(k, statement)
    return rows


def _top(k: Kernel, s: Statement) -> Lines:
    own = k.axes(tuple(i.dim for i in s.indices))
    rows = comment(k, s)
    if isinstance(s.value, nodes.Reduce):
        bound = k.low.frame.over(dims_of(s.value.bound))
        inner = [taken_in(k, s, local_name(k, s))]
        start = [f"real {local_name(k, s)} = {START[s.value.op]};"]
        store = (
            [f"{target(k, s)} = {local_name(k, s)};"] if own or s.tensor in k.low.results else []
        )
        if not own:
            return rows + start + nest(k, bound, inner) + store
        return rows + nest(k, own, start + nest(k, bound, inner) + store)
    if own:
        return rows + nest(k, own, [f"{target(k, s)} = {k.printer.write(s.value)};"])
    rows.append(f"const real {local_name(k, s)} = {k.printer.write(s.value)};")
    return rows + ([f"{target(k, s)} = {local_name(k, s)};"] if s.tensor in k.low.results else [])


def phase(k: Kernel, number: int, spaces: Spaces) -> Lines:
    """One loop over the rows, shared among threads, and the sum of what each part of it found."""
    k.passes = k.low.passes(number)
    prepare: Lines = []
    after: Lines = []
    finish: Lines = []
    rows = _row_body(k)
    for name in sorted(k.words.tensor(t) for t in k.passes.scratch):
        width = "wide" if has_lanes(k) else k.product(k.low.frame.inner)
        spaces.append((f"{name}_rows", f"threads * {width}"))
        prepare.append(f"real *restrict {name} = {name}_rows + thread * {width};")
    across = [s for s in k.passes.actions if k.low.kinds[s.tensor] == ACROSS]
    for s in across:
        opened = _part(k, s, spaces)
        prepare += opened[0]
        finish += opened[1]
        after += opened[2]
    name = f"{k.name}_rows" + (f"_{number}" if k.low.phases > 1 else "")
    given = share(k, name, [*prepare, *rows, *finish], spaces)
    count = k.product(k.low.frame.rows)
    return [*(in_parts if across else shared_out)(name, given, count), *after]


def _in_brackets(product: str) -> str:
    return f"({product})" if " " in product else product


def _part(k: Kernel, s: Statement, spaces: Spaces) -> tuple[Lines, Lines, Lines]:
    """A sum over rows: what is done as each part begins and ends, and after all of them."""
    assert isinstance(s.value, nodes.Reduce)
    name, axes, op = k.words.tensor(s.tensor), k.axes(s.tensor.dims), s.value.op
    count = k.product(axes)
    spaces.append((f"{name}_parts", f"parts * {count}" if axes else "parts"))
    if axes:  # place after place, which can be vectorised
        length = f"part * {_in_brackets(count)}"
        begin = [
            f"real *restrict {name}_part = {name}_parts + {length};",
            *nest(k, axes, [f"{part_of(k, s)} = {START[op]};"]),
        ]
        found = f"{name}_parts[{length} + {k.place(axes)}]"
        add = nest(k, axes, [combined(k, op, target(k, s), found)])
        start = nest(k, axes, [f"{target(k, s)} = {START[op]};"])
        return begin, [], [*comment(k, s), *start, f"{PARTS} {{", *indented(add), "}"]
    local = local_name(k, s)
    total = [f"real {local} = {START[op]};", PARTS]
    total.append(f"    {combined(k, op, local, f'{name}_parts[part]')}")
    if s.tensor in k.low.results:
        total.append(f"{target(k, s)} = {local};")
    begin = [f"real {name}_part = {START[op]};"]
    return begin, [f"{name}_parts[part] = {name}_part;"], [*comment(k, s), *total]


def _row_body(k: Kernel) -> Lines:
    assert k.passes is not None
    if k.flat:
        return _flat(k)
    k.held = {}
    rows: Lines = []
    for number in range(1, k.passes.count + 1):
        k.number = number
        rows += _pass(k, number)
    frame = k.low.frame
    if len(frame.rows) == 1:
        first = "side" if has_lanes(k) else "from"
        loop = [f"for (long row = {first}; row < to; row++) {{", *indented(rows), "}"]
        return [*lanes(k), *loop] if has_lanes(k) else loop
    opening = []
    rest = "row"
    for place in range(len(frame.rows) - 1, -1, -1):
        axis = frame.rows[place]
        value = f"{rest} % {k.length(axis)}" if place else rest
        opening.append(f"const long {k.words.index[axis]} = {value};")
        rest = f"{rest} / {k.length(axis)}" if " " not in rest else f"({rest}) / {k.length(axis)}"
    head = "for (long row = from; row < to; row++) {"
    return [head, *indented([*reversed(opening), *rows]), "}"]


def _flat(k: Kernel) -> Lines:
    """Elements without rows: blocks are shared among the threads."""
    assert k.passes is not None
    k.number, k.held = 1, {}
    axis = k.low.frame.rows[0]
    before, inner = in_loop(k, (axis,), list(k.passes.actions))
    return [
        *before,
        "for (long first = from; first < to; first += BLOCK) {",
        *indented(["const long last = first + BLOCK < to ? first + BLOCK : to;", *inner]),
        "}",
    ]


def _pass(k: Kernel, number: int) -> Lines:
    """What is known of a row before this pass, then its loops."""
    assert k.passes is not None
    passes, low = k.passes, k.low
    rows = [
        f"const real {k.local(s.tensor)} = {k.printer.write(s.value)};"
        for s in passes.known(number)
    ]
    mine = [s for s in passes.actions if passes.number[s.tensor] == number]
    loops: dict[tuple[Axis, ...], list[Statement]] = {}
    for s in mine:
        loops.setdefault(low.inner_axes(s), []).append(s)
    for s in low.statements:
        if passes.is_held_from(s.tensor, number):
            loops.setdefault(low.frame.inner, []).insert(0, s)
    for axes, actions in loops.items():
        rows += row_loop(k, axes, actions) if axes else _once(k, actions)
    return rows


def _needed_in(k: Kernel, number: int) -> list[Statement]:
    assert k.passes is not None
    values = [s.value for s in k.passes.actions if k.passes.number[s.tensor] == number]
    return k.passes.needed(values, number)


def _once(k: Kernel, actions: list[Statement]) -> Lines:
    """What is done once for a row."""
    rows: Lines = []
    for s in actions:
        if k.low.kinds[s.tensor] == ACROSS:
            rows.append(taken_in(k, s, part_of(k, s)))
        elif k.low.kinds[s.tensor] == VALUE:
            rows.append(f"{target(k, s)} = {_value(k, s)};")
        else:
            rows += [f"const real {k.local(s.tensor)} = {k.printer.write(s.value)};"]
    return rows


def _value(k: Kernel, s: Statement) -> str:
    """The value, or the variable that holds it already."""
    assert k.passes is not None
    used = {t.tensor for n in range(1, k.passes.count + 1) for t in _needed_in(k, n)}
    return (
        k.local(s.tensor)
        if s.tensor in used and not k.low.inner_axes(s) and not k.flat
        else k.printer.write(s.value)
    )
