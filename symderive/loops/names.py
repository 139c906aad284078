"""One identifier for each thing that a kernel names; sizes and indices that read well."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..index.dims import Dim, Index, size_name
from ..index.naming import unused
from ..index.nodes import Tensor
from .frame import Axis, Frame


@dataclass(frozen=True)
class Language:
    """What loops need to know of the language at hand. words: names that are not to be had.

    is_reserved: whether a name is one of those, or of such a form.  has_function: whether there
    is a function, by the name of its record.
    """

    words: frozenset[str]
    is_reserved: Callable[[str], bool]
    has_function: Callable[[str], bool]


class Words:
    """The names of one kernel."""

    def __init__(self, language: Language, tensors: Iterable[Tensor], frame: Frame) -> None:
        self.taken, self.is_reserved = set(language.words), language.is_reserved
        self.tensors = {t.name: self.new(t.name) for t in sorted(tensors, key=lambda t: t.name)}
        self.index: dict[Axis, str] = {}
        self.size: dict[Axis, str] = {}
        for axis in frame.axes:
            lone_rows = bool(frame.inner) and frame.rows == (axis,)
            self.index[axis] = "row" if lone_rows else self.new(_letter(axis))
            self.size[axis] = "rows" if lone_rows else self.new(_size(axis))

    def new(self, wanted: str) -> str:
        """This name, or with a number behind it where it is taken."""
        name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted)
        name = unused(f"{name}_" if self.is_reserved(name) else name, self.taken)
        self.taken.add(name)
        return name

    def tensor(self, tensor: Tensor) -> str:
        """The name of a tensor."""
        if tensor.name not in self.tensors:
            self.tensors[tensor.name] = self.new(tensor.name)
        return self.tensors[tensor.name]

    def length(self, dim: Dim) -> str:
        """The name of the length of one dim."""
        axis: Axis = (dim,)
        if axis not in self.size:
            self.size[axis] = self.new(_size(axis))
        return self.size[axis]


def _letter(axis: Axis) -> str:
    plain = [d for d in axis if not d.is_batch]
    if len(plain) != 1:
        return "i"
    return Index(plain[0], 0).letter


def _size(axis: Axis) -> str:
    if len(axis) > 1:
        return "n"
    name = "batch" if axis[0].is_batch else size_name(axis[0])
    return name.strip("|") if not name.startswith("|") else f"{axis[0].name}_size"
