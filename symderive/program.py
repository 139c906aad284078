"""A program: a chain of named assignments in index notation, `e_i = exp(x_i)`, `s = Σ_j e_j`, `o_i
= e_i / s`.

Both a forward and the backward derived from it are programs, so that a backward may be derived
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from .errors import Place
from .index.dims import Dim, Index
from .index.nodes import Expr, Ref, Tensor, idx, ref
from .index.ranges import in_lengths
from .index.text import text

Layout = tuple[tuple[Dim, ...], ...]


@dataclass(frozen=True)
class Argument:
    """An input array. `layout` says how its real axes hold the tensor's dims, in order: (b,), (n,)
    for "b n"; a merged axis holds several, an axis of length one none.
    """

    tensor: Tensor
    layout: Layout

    @property
    def differentiable(self) -> bool:
        """Labels have no gradient."""
        return not self.tensor.domain.is_label


@dataclass(frozen=True)
class Parameter:
    """A scalar hyperparameter with a default, such as `eps=1e-5`: a symbol in the mathematics, a
    keyword in the code.
    """

    tensor: Tensor
    default: float


@dataclass(frozen=True)
class Assignment:
    """`tensor[indices] = value`.

    place: the user's line.  given: True where the name is the user's own variable.
    constant: True for a shift that stability put in: the outputs do not depend on it, so no
    gradient flows through it.
    opaque: True for what stability named, 1 - p or x / max x: a gradient is found in its terms,
    and it is nowhere written with what it stands for.
    whole: True for a quotient that is multiplied with another: code computes it as it stands.
    kink: True for a root such as |x| = √(x²), which has no slope where it is 0; it is agreed to be
    0 there.
    sided: the value with one side taken of each kink that cancels in the whole; it is
    differentiated in place of the value. None where they are the same.
    """

    tensor: Tensor
    indices: tuple[Index, ...]
    value: Expr
    place: Place | None = None
    given: bool = False
    constant: bool = False
    opaque: bool = False
    whole: bool = False
    kink: bool = False
    sided: Expr | None = None

    @property
    def left(self) -> Ref:
        """The left side as an expression."""
        return ref(self.tensor, *(idx(i) for i in self.indices))

    @property
    def differentiated(self) -> Expr:
        """The value, in the form of which the derivative is taken."""
        return self.value if self.sided is None else self.sided

    def __str__(self) -> str:
        return f"{text(self.left)} = {text(self.value)}"


class Line(Protocol):
    """What gives a tensor a value: an assignment, or a statement of a schedule."""

    @property
    def tensor(self) -> Tensor: ...
    @property
    def value(self) -> Expr: ...


AnyLine = TypeVar("AnyLine", bound=Line)


def read_for(
    lines: Sequence[AnyLine], wanted: Iterable[Tensor]
) -> tuple[tuple[AnyLine, ...], set[Tensor]]:
    """The lines that what is wanted depends on, in order, and all tensors that it depends on."""
    needed, kept = set(wanted), list[AnyLine]()
    for line in reversed(lines):
        if line.tensor in needed:
            needed |= line.value.tensors
            kept.append(line)
    return tuple(reversed(kept)), needed


@dataclass(frozen=True)
class Output:
    """A result: a tensor of the program, and how the real array's axes hold its dims."""

    tensor: Tensor
    layout: Layout


@dataclass(frozen=True)
class Program:
    """Arguments in, assignments in order (each uses only what stands before it), outputs."""

    name: str
    arguments: tuple[Argument, ...]
    parameters: tuple[Parameter, ...]
    assignments: tuple[Assignment, ...]
    outputs: tuple[Output, ...]
    doc: str = ""
    source: str = ""
    requires: tuple[Expr, ...] = ()  # w - 4 for x[:, 3]: forms in sizes that may not be negative
    axis: bool = False  # the forward takes an `axis` for its one reduced axis
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return "\n".join(map(str, self.assignments))

    @property
    def output(self) -> Output:
        """The one output of a forward."""
        return self.outputs[0]

    @property
    def inputs(self) -> tuple[Argument, ...]:
        """The arguments that have a gradient."""
        return tuple(a for a in self.arguments if a.differentiable)

    def live(self, more: Iterable[Tensor] = ()) -> Program:
        """The program without assignments that no output needs, and none of these."""
        wanted = [*(o.tensor for o in self.outputs), *more]
        return replace(self, assignments=read_for(self.assignments, wanted)[0])

    @property
    def dims(self) -> tuple[Dim, ...]:
        """Every free dim of the arguments, in the order in which they first appear."""
        seen: dict[Dim, None] = {}
        for argument in self.arguments:
            seen.update(dict.fromkeys(argument.tensor.dims))
        return tuple(seen)

    def fits(self, lengths: Mapping[str, int]) -> bool:
        """True where the axes are long enough for every place that the forward names."""
        return all(in_lengths(form, lengths) >= 0 for form in self.requires)

    def assignment(self, name: str) -> Assignment | None:
        """The assignment of a name, or None for an argument or parameter."""
        return next((a for a in self.assignments if a.tensor.name == name), None)

    def renamed(self, name: str) -> Program:
        """The same program under another name."""
        return replace(self, name=name)
