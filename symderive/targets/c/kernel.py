"""Lowering → the text of one C function."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...index import nodes
from ...index.dims import Dim
from ...index.nodes import Expr, Tensor
from ...loops.frame import Axis
from ...loops.lower import ACROSS, ROW, TOP, VALUE, Lowering, Passes
from ...program import Argument, Parameter
from ...schedule import Statement
from ...schedule.shapes import is_plain
from .expressions import Printer
from .words import Words

WIDTH = 100
SIDE_BY_SIDE = "(row + lane)"  # the row, where several are taken at once


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


Function = Mapping[str, Any]  # its purpose, head and body


@dataclass
class Kernel:
    """One C function under construction; `known` are conditions that hold all through it."""

    name: str
    low: Lowering
    arguments: tuple[Argument, ...]
    parameters: tuple[Parameter, ...]
    helpers: set[str] = field(default_factory=set)
    known: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        self.flat = not self.low.frame.inner
        self.reads = tuple(
            dict.fromkeys(
                a.tensor
                for a in self.arguments
                if any(a.tensor in s.value.tensors for s in self.low.statements)
            )
        )
        used = {t for s in self.low.statements for t in s.value.tensors}
        self.numbers = tuple(p.tensor for p in self.parameters if p.tensor in used)
        tensors = {*self.reads, *self.numbers, *(s.tensor for s in self.low.statements)}
        self.words = Words(tensors, self.low.frame)
        self.axis_of = {d: axis for axis in self.low.frame.axes for d in axis}
        self.lengths: dict[Axis, str] = {}
        self.passes: Passes | None = None
        self.number = 0
        self.printer = Printer(
            self.element, self._index, self._size, self.helpers, self.divisor, self.known
        )
        self.streams = False
        self.shares: list[Function] = []
        self.held: dict[tuple[str, Expr], str] = {}  # variables, set before the loop at hand
        self.before: list[str] = []  # the lines that set them
        self.in_loop = False  # what is written stands in a loop along the row
        self.lanes = False  # rows side by side: what is of a row has one element for each

    def length(self, axis: Axis) -> str:
        """The name of an axis's length, which becomes a parameter."""
        name = self.words.size[axis] if axis in self.words.size else self.words.length(axis[0])
        self.lengths.setdefault(axis, name)
        return name

    def product(self, axes: tuple[Axis, ...]) -> str:
        """The number of elements over some axes."""
        return " * ".join(self.length(a) for a in axes) or "1"

    def _index(self, expr: nodes.Idx) -> str:
        return self.words.index[self.axis_of[expr.index.dim]]

    def _size(self, expr: nodes.Size) -> str:
        return self.length((expr.dim,))

    def axes(self, dims: tuple[Dim, ...]) -> tuple[Axis, ...]:
        """The axes that a tensor's dims are, in its own order."""
        return tuple(dict.fromkeys(self.axis_of.get(d, (d,)) for d in dims))

    def place(self, axes: tuple[Axis, ...], indices: list[str] | None = None) -> str:
        """Where an element lies: `row * n + i`."""
        names = indices or [self.words.index[a] for a in axes]
        written = ""
        for axis, name in zip(axes, names, strict=True):
            if written:
                written = f"{_grouped(written)} * {self.length(axis)} + {_grouped(name)}"
            else:
                written = name
        return written[1:-1] if written == SIDE_BY_SIDE else written

    def element(self, ref: nodes.Ref) -> str:
        """An array's element, or the local variable that holds it.

        What a choice in a loop reads of its row is read before the loop: no compiler may do that
        by itself, and a loop that reads it only sometimes is not vectorised.
        """
        written = self._element(ref)
        if not self.printer.chosen or not self._is_constant_in_loop(ref) or "[" not in written:
            return written
        key = ("real", ref)
        if key not in self.held:
            name = self.words.new(f"{self.words.tensor(ref.tensor)}_row")
            self.before.append(f"const {ctype(ref.tensor)} {name} = {written};")
            self.held[key] = name
        return self.held[key]

    def divisor(self, value: Expr) -> str | None:
        """The name of a divisor that is the same all along the loop: its inverse is made once."""
        if not self._is_constant_in_loop(value):
            return None
        key = ("divisor", value)
        if key not in self.held:
            of = sorted({self.words.tensor(t) for t in value.tensors})
            name = self.words.new(f"over_{'_'.join(of) or 'count'}")
            self.before.append(f"const divisor {name} = divisor_of({self.printer.write(value)});")
            self.held[key] = name
        return self.held[key]

    def _is_constant_in_loop(self, expr: Expr) -> bool:
        """True for what is the same along the loop at hand, where rows are taken one by one."""
        along = self.low.frame.rows if self.flat else self.low.frame.inner
        inside = {d for axis in along for d in axis}
        return self.in_loop and not self.lanes and not any(i.dim in inside for i in expr.free)

    def _element(self, ref: nodes.Ref) -> str:
        tensor, low = ref.tensor, self.low
        name = self.words.tensor(tensor)
        kind = low.kinds.get(tensor)
        if kind is None:
            if tensor in self.numbers:
                return name
            return self._at(name, ref) if ref.args else f"{name}[0]"
        if kind in (ACROSS, TOP):
            return self._at(name, ref) if ref.args else self.local(tensor)
        assert self.passes is not None or kind != ROW
        if self.passes is None or self.passes.is_loaded(tensor, self.number):
            if tensor not in low.arrays:  # scratch holds one row
                return f"{name}[{self.held_place(low.by_tensor[tensor])}]"
            return self._at(name, ref)
        return self.local(tensor)

    def _at(self, name: str, ref: nodes.Ref) -> str:
        if is_plain(ref):
            return f"{name}[{self.place(self.axes(ref.tensor.dims))}]"
        indices = self.printer.places(ref)
        size = self.words.size
        axes = tuple((d,) if (d,) in size else self.axis_of.get(d, (d,)) for d in ref.tensor.dims)
        return f"{name}[{self.place(axes, indices)}]"

    def local(self, tensor: Tensor) -> str:
        """The variable that holds a value; an array of the same name takes the plain name."""
        name = self.words.tensor(tensor)
        scratch = self.passes is not None and tensor in self.passes.scratch
        pointer = tensor in self.low.arrays and self._is_pointer(tensor)
        name = f"{name}_here" if scratch or pointer else name
        return f"{name}[lane]" if self.lanes and self._is_of_row(tensor) else name

    def _is_of_row(self, tensor: Tensor) -> bool:
        """True for what each row has one of."""
        inside = {d for axis in self.low.frame.inner for d in axis}
        return self.low.kinds[tensor] in (ROW, VALUE) and not inside & set(tensor.dims)

    def held_place(self, statement: Statement) -> str:
        """Where a value lies in the row, or the rows, that a thread holds."""
        place = self.place(self.low.inner_axes(statement))
        return f"{place} * LANES + lane" if self.lanes else place

    def _is_pointer(self, tensor: Tensor) -> bool:
        low = self.low
        return tensor in low.results or low.kinds[tensor] in (ROW, VALUE) or bool(tensor.dims)

    def signature(self) -> Signature:
        """Its parameters; known once the body is written."""
        return Signature(self.name, self.reads, self.low.results, self.numbers, tuple(self.lengths))

    def head(self) -> list[str]:
        """The first line or lines of the definition."""
        arrays = [f"const {ctype(t)} *restrict {self.words.tensor(t)}" for t in self.reads]
        arrays += [f"real *restrict {self.words.tensor(t)}" for t in self.low.results]
        rest = [f"real {self.words.tensor(t)}" for t in self.numbers]
        rest += [f"long {name}" for name in self.lengths.values()]
        return wrapped(f"int {self.name}(", [*arrays, *rest], ")")


def _grouped(code: str) -> str:
    """In brackets where it has an operator outside of any."""
    return f"({code})" if " " in re.sub(r"\[.*?\]|\(.*?\)", "", code) else code


def ctype(tensor: Tensor) -> str:
    """The C type of an array's elements."""
    return "int64_t" if tensor.domain.is_label else "real"


def wrapped(head: str, parts: list[str], tail: str, depth: int = 0) -> list[str]:
    """`head part, part, ... tail` within the width that is left at a depth."""
    lines, line = [], head
    for number, part in enumerate(parts):
        piece = part + (", " if number + 1 < len(parts) else tail)
        if len(line) + len(piece.rstrip()) > WIDTH - 4 * depth:
            lines.append(line.rstrip())
            line = "    "
        line += piece
    return [*lines, line.rstrip()]


def wrapped_rows(rows: list[str]) -> list[str]:
    """Lines of at most 100 columns, broken before an operator."""
    done: list[str] = []
    for row in rows:
        deeper = " " * (len(row) - len(row.lstrip()) + 4)
        while len(row) > WIDTH:
            places = [
                row.rfind(sign, len(deeper), WIDTH)
                for sign in (" + ", " - ", " ? ", " : ", " * ", " / ")
            ]
            place = max(places)
            if place <= len(deeper) or row.lstrip().startswith(("#", "/*")):
                break
            done.append(row[:place])
            row = deeper + row[place + 1 :]
        done.append(row)
    return done
