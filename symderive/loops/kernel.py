"""One kernel under construction: what it takes, and where each element lies."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..index import nodes as expressions
from ..index.dims import Dim
from ..index.nodes import Expr, Tensor
from ..program import Argument
from ..program import Parameter as Number
from ..schedule import Statement
from ..schedule.shapes import is_plain
from .frame import Axis
from .lower import ACROSS, ROW, TOP, VALUE, Lowering, Passes
from .names import Language, Words
from .nodes import (
    DIVISOR,
    INDEX,
    LABEL,
    REAL,
    ZERO,
    Call,
    Constant,
    Declare,
    Line,
    Load,
    Name,
    Parameter,
    Product,
    Sum,
    Value,
    times,
    total,
)
from .values import Writer

LANES = Constant("LANES")  # how many rows are taken side by side
LANE = Name("lane")
SIDE_BY_SIDE = total(Name("row"), LANE)  # the row, where several are taken at once


@dataclass(frozen=True)
class Signature:
    """What a kernel takes, in order: arrays that it reads, arrays that it writes, numbers, lengths.

    lengths: for each, the dims whose lengths are multiplied.
    """

    name: str
    reads: tuple[Tensor, ...]
    writes: tuple[Tensor, ...]
    numbers: tuple[Tensor, ...]
    lengths: tuple[Axis, ...]


@dataclass
class Kernel:
    """`known` are conditions that hold all through it."""

    low: Lowering
    arguments: tuple[Argument, ...]
    parameters: tuple[Number, ...]
    language: Language
    known: tuple[Expr, ...] = ()
    lengths: dict[Axis, str] = field(default_factory=dict)
    passes: Passes | None = None
    number: int = 0  # the pass at hand
    streams: bool = False
    space: list[tuple[str, Value]] = field(default_factory=list)  # arrays for all threads
    held: dict[tuple[str, Expr], Name] = field(default_factory=dict)  # set before the loop at hand
    before: list[Line] = field(default_factory=list)  # the lines that set them
    in_loop: bool = False  # what is written stands in a loop along the row
    lanes: bool = False  # rows side by side: what is of a row has one element for each

    def __post_init__(self) -> None:
        low = self.low
        self.flat = not low.frame.inner
        used = {t for s in low.statements for t in s.value.tensors}
        self.reads = tuple(dict.fromkeys(a.tensor for a in self.arguments if a.tensor in used))
        self.numbers = tuple(p.tensor for p in self.parameters if p.tensor in used)
        tensors = {*self.reads, *self.numbers, *(s.tensor for s in low.statements)}
        self.words = Words(self.language, tensors, low.frame)
        self.axis_of = {d: axis for axis in low.frame.axes for d in axis}
        self.writer = Writer(
            self.element, lambda i: self.at(self.axis_of[i.index.dim]),
            lambda size: self.length((size.dim,)), self.divisor, self.language.has_function,
            self.known,
        )  # fmt: skip
        self.write = self.writer.write

    def length(self, axis: Axis) -> Name:
        """An axis's length, which becomes a parameter."""
        name = self.words.size[axis] if axis in self.words.size else self.words.length(axis[0])
        return Name(self.lengths.setdefault(axis, name))

    def product(self, axes: tuple[Axis, ...]) -> Value:
        """The number of elements over some axes."""
        return times(*map(self.length, axes))

    def at(self, axis: Axis) -> Value:
        """Where the loops are along an axis."""
        return SIDE_BY_SIDE if self.lanes and axis in self.low.frame.rows else self.index(axis)

    def index(self, axis: Axis) -> Name:
        """The variable of the loop along an axis."""
        return Name(self.words.index[axis])

    def axes(self, dims: tuple[Dim, ...]) -> tuple[Axis, ...]:
        """The axes that a tensor's dims are, in its own order."""
        return tuple(dict.fromkeys(self.axis_of.get(d, (d,)) for d in dims))

    def place(self, axes: tuple[Axis, ...], indices: list[Value] | None = None) -> Value:
        """Where an element lies: `row * n + i`."""
        if not axes:
            return ZERO
        written, *rest = indices or [self.at(a) for a in axes]
        for axis, value in zip(axes[1:], rest, strict=True):
            written = Sum((Product((written, self.length(axis))), value))
        return written

    def name(self, tensor: Tensor) -> str:
        """What a tensor is called."""
        return self.words.tensor(tensor)

    def target(self, s: Statement) -> Load:
        """Where a result lies in its array."""
        return Load(self.name(s.tensor), self.place(self.axes(s.tensor.dims)))

    def element(self, ref: expressions.Ref) -> Value:
        """An array's element, or the local variable that holds it.

        What a choice in a loop reads of its row is read before the loop: no compiler may do that
        by itself, and a loop that reads it only sometimes is not vectorised.
        """
        written = self._element(ref)
        if not (self.writer.chosen and isinstance(written, Load) and self._is_constant(ref)):
            return written
        key = (REAL, ref)
        if key not in self.held:
            kind = kind_of(ref.tensor)
            self.held[key] = self._set(f"{self.name(ref.tensor)}_row", written, kind)
        return self.held[key]

    def divisor(self, value: Expr) -> Name | None:
        """A divisor that is the same all along the loop: its inverse is made once."""
        if not self._is_constant(value):
            return None
        key = (DIVISOR, value)
        if key not in self.held:
            of = sorted({self.name(t) for t in value.tensors})
            made = Call("divisor_of", (self.write(value),))
            self.held[key] = self._set(f"over_{'_'.join(of) or 'count'}", made, DIVISOR)
        return self.held[key]

    def _set(self, wanted: str, value: Value, kind: str) -> Name:
        """A variable that is set before the loop."""
        name = self.words.new(wanted)
        self.before.append(Declare(name, value, kind))
        return Name(name)

    def _is_constant(self, expr: Expr) -> bool:
        """True for what is the same along the loop at hand, where rows are taken one by one."""
        along = self.low.frame.rows if self.flat else self.low.frame.inner
        inside = {d for axis in along for d in axis}
        return self.in_loop and not self.lanes and not any(i.dim in inside for i in expr.free)

    def _element(self, ref: expressions.Ref) -> Value:
        tensor, low = ref.tensor, self.low
        name = self.name(tensor)
        kind = low.kinds.get(tensor)
        if kind is None:
            if tensor in self.numbers:
                return Name(name)
            return self._load(name, ref) if ref.args else Load(name, ZERO)
        if kind in (ACROSS, TOP):
            return self._load(name, ref) if ref.args else self.local(tensor)
        assert self.passes is not None or kind != ROW
        if self.passes is None or self.passes.is_loaded(tensor, self.number):
            if tensor not in low.arrays:  # scratch holds one row
                return Load(name, self.held_place(low.by_tensor[tensor]))
            return self._load(name, ref)
        return self.local(tensor)

    def _load(self, name: str, ref: expressions.Ref) -> Value:
        if is_plain(ref):
            return Load(name, self.place(self.axes(ref.tensor.dims)))
        indices = self.writer.places(ref)
        size = self.words.size
        axes = tuple((d,) if (d,) in size else self.axis_of.get(d, (d,)) for d in ref.tensor.dims)
        return Load(name, self.place(axes, indices))

    def variable(self, tensor: Tensor) -> str:
        """The name of what holds a value; an array of the same name takes the plain name."""
        scratch = self.passes is not None and tensor in self.passes.scratch
        pointer = tensor in self.low.arrays and self._is_pointer(tensor)
        return f"{self.name(tensor)}_here" if scratch or pointer else self.name(tensor)

    def local(self, tensor: Tensor) -> Name | Load:
        """The variable that holds a value, or its element for the row at hand."""
        name = self.variable(tensor)
        return Load(name, LANE) if self.lanes and self._is_of_row(tensor) else Name(name)

    def _is_of_row(self, tensor: Tensor) -> bool:
        """True for what each row has one of."""
        inside = {d for axis in self.low.frame.inner for d in axis}
        return self.low.kinds[tensor] in (ROW, VALUE) and not inside & set(tensor.dims)

    def held_place(self, statement: Statement) -> Value:
        """Where a value lies in the row, or the rows, that a thread holds."""
        place = self.place(self.low.inner_axes(statement))
        return total(times(place, LANES), LANE) if self.lanes else place

    def _is_pointer(self, tensor: Tensor) -> bool:
        low = self.low
        return tensor in low.results or low.kinds[tensor] in (ROW, VALUE) or bool(tensor.dims)

    def signature(self) -> Signature:
        """What it takes; known once the body is lowered."""
        return Signature("", self.reads, self.low.results, self.numbers, tuple(self.lengths))

    def arrays(self) -> list[Parameter]:
        """The arrays that are handed to it."""
        read = [Parameter(self.name(t), kind_of(t), array=True) for t in self.reads]
        return read + [self.written(self.name(t)) for t in self.low.results]

    def written(self, name: str) -> Parameter:
        """An array in which the kernel stores."""
        return Parameter(name, array=True, written=True)

    def takes(self) -> tuple[Parameter, ...]:
        """Its parameters; known once the body is lowered."""
        numbers = [Parameter(self.name(t)) for t in self.numbers]
        lengths = [Parameter(name, INDEX) for name in self.lengths.values()]
        return (*self.arrays(), *numbers, *lengths)


def kind_of(tensor: Tensor) -> str:
    """What the elements of an array are."""
    return LABEL if tensor.domain.is_label else REAL
