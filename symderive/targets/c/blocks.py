"""One pass over a row: a vectorised loop in blocks that stay in the nearest cache."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...index import nodes
from ...index.nodes import Tensor
from ...index.text import text
from ...loops.frame import Axis
from ...loops.lower import ACROSS, ROW, TOP, VALUE
from ...schedule import Statement
from ...schedule.shapes import TRANSCENDENTAL, work
from .kernel import Kernel

START = {"sum": "0", "prod": "1", "max": "-INFINITY", "min": "INFINITY"}
SIGN = {"sum": "+", "prod": "*", "max": "max", "min": "min"}
Lines = list[str]


def indented(lines: Iterable[str]) -> Lines:
    """One level deeper."""
    return [f"    {line}" if line and not line.startswith("#if") else line for line in lines]


def local_name(k: Kernel, s: Statement) -> str:
    name = k.words.tensor(s.tensor)
    return f"{name}_here" if s.tensor.dims or s.tensor in k.low.results else name


def target(k: Kernel, s: Statement) -> str:
    axes = k.axes(s.tensor.dims)
    return f"{k.words.tensor(s.tensor)}[{k.place(axes) if axes else 0}]"


def part_of(k: Kernel, s: Statement) -> str:
    """What has been found so far of a sum over rows, in one part of them."""
    axes = k.axes(s.tensor.dims)
    return f"{k.words.tensor(s.tensor)}_part" + (f"[{k.place(axes)}]" if axes else "")


def taken_in(k: Kernel, s: Statement, name: str) -> str:
    assert isinstance(s.value, nodes.Reduce)
    return combined(k, s.value.op, name, k.printer.write(s.value.args[0]))


def combined(k: Kernel, op: str, name: str, value: str) -> str:
    """The statement that takes one more value into a reduction."""
    if op in ("sum", "prod"):
        return f"{name} {SIGN[op]}= {value};"
    return f"{name} = {k.printer.call({'max': 'larger', 'min': 'smaller'}[op], name, value)[0]};"


def nest(k: Kernel, axes: tuple[Axis, ...], inner: Lines) -> Lines:
    """Plain loops over axes."""
    for axis in reversed(axes):
        index, size = k.words.index[axis], k.length(axis)
        head = f"for (long {index} = 0; {index} < {size}; {index}++)"
        single = len(inner) == 1
        inner = [head + ("" if single else " {"), *indented(inner), *([] if single else ["}"])]
    return inner


def comment(k: Kernel, s: Statement) -> Lines:
    """The equation of a line."""
    number = f"    ({s.equation})" if s.equation else ""
    written = f"{text(s.left)} = {text(s.value, s.indices)}{number}"
    return [f"/* {re.sub('_…(?![a-z{])', '', written).replace('_…', '_').replace('{…,', '{')} */"]


def row_loop(k: Kernel, axes: tuple[Axis, ...], actions: list[Statement]) -> Lines:
    """One pass over a row: loops over its axes, the last of them in blocks."""
    low = k.low
    rows: Lines = [line for s in actions for line in comment(k, s)]
    for s in actions:
        if low.kinds[s.tensor] == ROW:
            assert isinstance(s.value, nodes.Reduce)
            rows.append(f"real {k.local(s.tensor)} = {START[s.value.op]};")
    size = k.length(axes[-1])
    before, inner = in_loop(k, axes, actions)
    rows += before
    if any(" first" in line for line in inner):
        inner = [
            f"for (long first = 0; first < {size}; first += BLOCK) {{",
            *indented(
                [f"const long last = first + BLOCK < {size} ? first + BLOCK : {size};", *inner]
            ),
            "}",
        ]
    rows += nest(k, axes[:-1], inner)
    for s in actions:
        if low.kinds[s.tensor] == ROW and s.tensor in low.arrays:
            rows.append(f"{target(k, s)} = {k.local(s.tensor)};")
    return rows


def in_loop(k: Kernel, axes: tuple[Axis, ...], actions: list[Statement]) -> tuple[Lines, Lines]:
    """What is the same all along the loop, and the block itself."""
    k.in_loop, k.before = True, []
    inner = block(k, axes, actions)
    k.in_loop = False
    return k.before, inner


def block(k: Kernel, axes: tuple[Axis, ...], actions: list[Statement]) -> Lines:
    """A vectorised loop from `first` to `last`, with what stands before and after it."""
    assert k.passes is not None
    low, index = k.low, k.words.index[axes[-1]]
    before: Lines = []
    inside: Lines = []
    after: Lines = []
    clauses: dict[str, list[str]] = {}
    needed = k.passes.needed([s.value for s in actions], k.number)
    held = {s.tensor for s in needed}
    for s in low.statements:
        if s.tensor in held and (k.flat or low.inner_axes(s)):
            inside.append(f"const real {k.local(s.tensor)} = {k.printer.write(s.value)};")
    # past the caches only what waits for memory: beside exp or erf a plain store is free
    along = [s for s in [*needed, *actions] if k.flat or low.inner_axes(s) or s in actions]
    light = all(work(s.value) < TRANSCENDENTAL for s in along)
    for s in actions:
        if low.kinds[s.tensor] == VALUE:
            value = k.printer.write(s.value) if s.tensor not in held else k.local(s.tensor)
            if light and _may_stream(k, s, axes):
                _stream(k, s, axes, value, before, inside, after)
            else:
                inside.append(f"{stored_at(k, s)} = {value};")
        else:
            _reduce(k, s, axes, before, inside, after, clauses)
    clause = "".join(f" reduction({sign} : {', '.join(names)})" for sign, names in clauses.items())
    single = len(inside) == 1
    head = f"for (long {index} = first; {index} < last; {index}++)"
    loop = [f"#pragma omp simd{clause}", head + ("" if single else " {"), *indented(inside)]
    return [*before, *loop, *([] if single else ["}"]), *after]


def stored_at(k: Kernel, s: Statement) -> str:
    """Where a value is stored: in the row that is held, or in the array."""
    assert k.passes is not None
    held = s.tensor in k.passes.scratch
    place = k.held_place(s) if held else k.place(k.axes(s.tensor.dims))
    return f"{k.words.tensor(s.tensor)}[{place}]"


def _may_stream(k: Kernel, s: Statement, axes: tuple[Axis, ...]) -> bool:
    """True for a result that the kernel does not read and that the loop runs along."""
    assert k.passes is not None
    if s.tensor in k.passes.scratch or s.tensor not in k.low.results:
        return False
    return k.axes(s.tensor.dims)[-1] == axes[-1] and not _read_again(k, s.tensor)


def _stream(
    k: Kernel, s: Statement, axes: tuple[Axis, ...], value: str,
    before: Lines, inside: Lines, after: Lines,
) -> None:  # fmt: skip
    name, index, own = k.words.tensor(s.tensor), k.words.index[axes[-1]], k.axes(s.tensor.dims)
    k.streams = True
    start = k.place(own, [*(k.words.index[a] for a in own[:-1]), "first"])
    before += [
        f"real {name}_block[BLOCK];",
        f"real *{name}_to = far ? {name}_block : {name} + {start};",
    ]
    inside.append(f"{name}_to[{index} - first] = {value};")
    after += ["if (far)", f"    stream({name} + {start}, {name}_block, last - first);"]


def _read_again(k: Kernel, tensor: Tensor) -> bool:
    """True where the kernel itself reads what it has stored."""
    if any(tensor in s.value.tensors for s in k.low.statements if k.low.kinds[s.tensor] == TOP):
        return True
    for number in range(1, k.low.phases + 1):
        passes = k.low.passes(number)
        for action in passes.actions:
            when = passes.number[action.tensor]
            computed = [action, *passes.needed([action.value], when)]
            if any(tensor in s.value.tensors for s in computed) and passes.is_loaded(tensor, when):
                return True
    return False


def _reduce(
    k: Kernel, s: Statement, axes: tuple[Axis, ...],
    before: Lines, inside: Lines, after: Lines, clauses: dict[str, list[str]],
) -> None:  # fmt: skip
    assert isinstance(s.value, nodes.Reduce)
    name, op = k.words.tensor(s.tensor), s.value.op
    across = k.low.kinds[s.tensor] == ACROSS
    value = k.printer.write(s.value.args[0])
    total = part_of(k, s) if across else k.local(s.tensor)
    if axes[-1] in k.axes(s.tensor.dims):  # one sum for each place of the row
        inside.append(combined(k, op, total, value))
        return
    block = f"{name}_block"
    before.append(f"real {block} = {START[op]};")
    clauses.setdefault(SIGN[op], []).append(block)
    if op in ("max", "min"):
        sign = ">" if op == "max" else "<"
        inside.append(f"const real {name}_next = {value};")
        inside.append(f"{block} = {name}_next {sign} {block} ? {name}_next : {block};")
        inside.append(f"{name}_odd |= {name}_next != {name}_next;")
        before.append(f"int {name}_odd = 0;")
        clauses.setdefault("|", []).append(f"{name}_odd")
        after.append(combined(k, op, total, f"{name}_odd ? NAN : {block}"))
        return
    inside.append(combined(k, op, block, value))
    after.append(combined(k, op, total, block))
