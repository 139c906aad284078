"""One pass over a row: a vectorised loop in blocks that stay in the nearest cache."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from ..index import nodes as index
from ..index.nodes import Tensor
from ..schedule import Statement
from ..schedule.shapes import TRANSCENDENTAL, work
from .frame import Axis
from .kernel import Kernel
from .lower import ACROSS, ROW, TOP, VALUE
from .nodes import (
    COUNT,
    INDEX,
    ZERO,
    Accumulate,
    Arrays,
    Call,
    Choice,
    Comment,
    Compare,
    Constant,
    Declare,
    Do,
    If,
    Line,
    Load,
    Loop,
    Name,
    Negative,
    Pointer,
    Real,
    Store,
    Value,
    total,
)

START: dict[str, Value] = {
    "sum": Real(Fraction(0)), "prod": Real(Fraction(1)), "max": Constant("-inf"),
    "min": Constant("inf"),
}  # fmt: skip
BLOCK = Constant("BLOCK")
FIRST, LAST, FAR = Name("first"), Name("last"), Name("far")
Lines = list[Line]


def opened(name: str, s: Statement) -> Declare:
    """The variable in which a reduction is gathered."""
    return Declare(name, START[reduction(s).op], fixed=False)


def reduction(s: Statement) -> index.Reduce:
    """The value of a statement that is one."""
    assert isinstance(s.value, index.Reduce)
    return s.value


def local_name(k: Kernel, s: Statement) -> str:
    """The variable that gathers a sum over all rows, or what is computed beside the rows."""
    name = k.name(s.tensor)
    return f"{name}_here" if s.tensor.dims or s.tensor in k.low.results else name


def part_of(k: Kernel, s: Statement) -> Name | Load:
    """What has been found so far of a sum over rows, in one part of them."""
    axes, name = k.axes(s.tensor.dims), f"{k.name(s.tensor)}_part"
    return Load(name, k.place(axes)) if axes else Name(name)


def taken_in(k: Kernel, s: Statement, target: Value) -> Accumulate:
    """The statement that takes one more value into a reduction."""
    found = reduction(s)
    return Accumulate(found.op, target, k.write(found.args[0]))


def nest(k: Kernel, axes: tuple[Axis, ...], inner: Lines) -> Lines:
    """Plain loops over axes."""
    for axis in reversed(axes):
        inner = [Loop(k.index(axis).name, ZERO, k.length(axis), tuple(inner))]
    return inner


def in_blocks(begin: Value, end: Value, inner: Lines) -> Loop:
    """A loop over blocks, each from `first` to before `last`."""
    last = Choice(Compare("lt", total(FIRST, BLOCK), end), total(FIRST, BLOCK), end)
    body = (Declare("last", last, INDEX), *inner)
    return Loop("first", begin, end, body, step=BLOCK)


def row_loop(k: Kernel, axes: tuple[Axis, ...], actions: list[Statement]) -> Lines:
    """One pass over a row: loops over its axes, the last of them in blocks."""
    sums = [s for s in actions if k.low.kinds[s.tensor] == ROW]
    rows: Lines = [*map(Comment, actions), *(opened(k.variable(s.tensor), s) for s in sums)]
    size = k.length(axes[-1])
    before, inner = in_loop(k, axes, actions)
    rows += before
    rows += nest(k, axes[:-1], [in_blocks(ZERO, size, inner)])
    rows += [Store(k.target(s), k.local(s.tensor)) for s in sums if s.tensor in k.low.arrays]
    return rows


def in_loop(k: Kernel, axes: tuple[Axis, ...], actions: list[Statement]) -> tuple[Lines, Lines]:
    """What is the same all along the loop, and the block itself."""
    k.in_loop, k.before = True, []
    inner = _Block(k, axes).run(actions)
    k.in_loop = False
    return k.before, inner


def stored_at(k: Kernel, s: Statement) -> Load:
    """Where a value is stored: in the row that is held, or in the array."""
    assert k.passes is not None
    held = s.tensor in k.passes.scratch
    return Load(k.name(s.tensor), k.held_place(s)) if held else k.target(s)


@dataclass
class _Block:
    """A vectorised loop from `first` to `last`, with what stands before and after it."""

    k: Kernel
    axes: tuple[Axis, ...]
    before: Lines = field(default_factory=list)
    inside: Lines = field(default_factory=list)
    after: Lines = field(default_factory=list)
    found: list[tuple[str, str]] = field(default_factory=list)

    def run(self, actions: list[Statement]) -> Lines:
        """The loop that does these."""
        k, low = self.k, self.k.low
        assert k.passes is not None
        needed = k.passes.needed([s.value for s in actions], k.number)
        held = {s.tensor for s in needed}
        for s in low.statements:
            if s.tensor in held and (k.flat or low.inner_axes(s)):
                self.inside.append(Declare(k.variable(s.tensor), k.write(s.value)))
        # past the caches only what waits for memory: beside exp or erf a plain store is free
        along = [s for s in [*needed, *actions] if k.flat or low.inner_axes(s) or s in actions]
        light = all(work(s.value) < TRANSCENDENTAL for s in along)
        for s in actions:
            if low.kinds[s.tensor] != VALUE:
                self._reduce(s)
                continue
            value = k.local(s.tensor) if s.tensor in held else k.write(s.value)
            if light and self._may_stream(s):
                self._stream(s, value)
            else:
                self.inside.append(Store(stored_at(k, s), value))
        variable = k.index(self.axes[-1]).name
        loop = Loop(variable, FIRST, LAST, tuple(self.inside), simd=True, found=tuple(self.found))
        return [*self.before, loop, *self.after]

    def _may_stream(self, s: Statement) -> bool:
        """True for a result that the kernel does not read and that the loop runs along."""
        k = self.k
        assert k.passes is not None
        if s.tensor in k.passes.scratch or s.tensor not in k.low.results:
            return False
        return k.axes(s.tensor.dims)[-1] == self.axes[-1] and not _read_again(k, s.tensor)

    def _stream(self, s: Statement, value: Value) -> None:
        k = self.k
        name, own, place = k.name(s.tensor), k.axes(s.tensor.dims), k.index(self.axes[-1])
        k.streams = True
        start = total(Name(name), k.place(own, [*map(k.at, own[:-1]), FIRST]))
        block = Name(f"{name}_block")
        self.before += [
            Arrays((block.name,), BLOCK),
            Pointer(f"{name}_to", Choice(FAR, block, start)),
        ]
        self.inside.append(Store(Load(f"{name}_to", total(place, Negative(FIRST))), value))
        rest = Call("stream", (start, block, total(LAST, Negative(FIRST))))
        self.after.append(If(FAR, (Do(rest),)))

    def _reduce(self, s: Statement) -> None:
        k, name, op = self.k, self.k.name(s.tensor), reduction(s).op
        across = k.low.kinds[s.tensor] == ACROSS
        target = part_of(k, s) if across else k.local(s.tensor)
        if self.axes[-1] in k.axes(s.tensor.dims):  # one sum for each place of the row
            self.inside.append(taken_in(k, s, target))
            return
        block = Name(f"{name}_block")
        self.before.append(opened(block.name, s))
        self.found.append((op, block.name))
        if op in ("max", "min"):
            self._extreme(s, block, target)
            return
        self.inside.append(taken_in(k, s, block))
        self.after.append(Accumulate(op, target, block))

    def _extreme(self, s: Statement, block: Name, target: Value) -> None:
        """The largest or smallest; what is no number is looked for beside it."""
        k, name, op = self.k, self.k.name(s.tensor), reduction(s).op
        new, odd = Name(f"{name}_next"), Name(f"{name}_odd")
        better = Compare("gt" if op == "max" else "lt", new, block)
        self.inside += [
            Declare(new.name, k.write(reduction(s).args[0])),
            Store(block, Choice(better, new, block)),
            Accumulate("or", odd, Compare("ne", new, new)),
        ]
        self.before.append(Declare(odd.name, ZERO, COUNT, fixed=False))
        self.found.append(("or", odd.name))
        self.after.append(Accumulate(op, target, Choice(odd, Constant("nan"), block)))


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
