"""A gradient that depends on differences of points alone: written about the middle of the points.

Σ_j w_ij (x_i - x_j) is x_i Σ_j w_ij - Σ_j w_ij x_j, two matrix products in place of an array of all
differences. Far from the origin its terms are large and their difference is not. x - c in the place
of x changes neither, and with the mean for c the terms are no larger than the differences.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..calculus.normal import TooLarge, normal
from ..calculus.result import Derived
from ..index import nodes
from ..index.dims import Dim
from ..index.nodes import ZERO, Add, Expr, Reduce, Ref, Tensor, idx
from ..index.walk import refs, transform, walk
from ..program import Assignment, Program
from ..trace import Step
from .chain import free_name
from .residual import joined
from .rules import RULES
from .shift import finite_maximum

RULE = "from-the-middle"
SHIFT = "%c"  # stands for any shift while it is shown that none matters


@dataclass(frozen=True)
class Points:
    """Inputs that hold points of one space: `space` are its dims, and for each input the places of
    these among its own.
    """

    space: tuple[Dim, ...]
    places: dict[Tensor, tuple[int, ...]]

    def moved(self, expr: Expr, shift: Tensor, sign: int) -> Expr:
        """The expression with each point moved by plus or minus the shift."""

        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, Ref) or node.tensor not in self.places:
                return None
            at = shift[tuple(node.args[n] for n in self.places[node.tensor])]
            return node + nodes.num(sign) * at

        return transform(expr, leaf)

    def is_difference(self, node: Expr) -> bool:
        """True for x_i - z_j as it stands."""
        if not isinstance(node, Add) or len(node.args) != 2:
            return False
        (one, first), (other, second) = map(nodes.coefficient, node.args)
        if not (isinstance(first, Ref) and isinstance(second, Ref)) or one != -other:
            return False
        if first.tensor not in self.places or second.tensor not in self.places:
            return False
        left, right = (tuple(r.args[n] for n in self.places[r.tensor]) for r in (first, second))
        return left == right


def about_middle(derived: Derived) -> tuple[Program, tuple[Step, ...]] | None:
    """The backward about the middle of its points, and the steps; None where there are none."""
    inputs = [a.tensor for a in derived.forward.inputs]
    backward, because = derived.backward, RULES[RULE].because["en"]
    for points in _candidates(inputs, backward):
        found = [a for a in backward.assignments if _is_of_differences(a.value, points)]
        if found and _alone(found, points) == set(points.places):
            middle = _Middle(points, joined(derived.forward, backward))
            lines = {a.tensor: replace(a, value=middle.put(a.value)) for a in found}
            told = tuple(
                Step(RULE, str(a.left), a.value, lines[a.tensor].value, because) for a in found
            )
            after = (*middle.lines(), *(lines.get(a.tensor, a) for a in backward.assignments))
            return replace(backward, assignments=after), told
    return None


def _candidates(inputs: list[Tensor], backward: Program) -> Iterator[Points]:
    """Each space that inputs may hold points of, that of the most inputs first."""
    read = {t for a in backward.assignments for t in a.value.tensors}
    known = [t for t in inputs if t in read]
    for tensor in known:
        for n in range(len(tensor.dims)):
            space = tensor.dims[:n] + tensor.dims[n + 1 :]
            places = {t: p for t in known if (p := _places(space, t.dims)) is not None}
            others = [t for t in places if t != tensor]
            if tensor in places:
                groups = [(tensor, *others), *((tensor, t) for t in others), (tensor,)]
                for group in dict.fromkeys(groups):
                    yield Points(space, {t: places[t] for t in group})


def _places(space: tuple[Dim, ...], dims: tuple[Dim, ...]) -> tuple[int, ...] | None:
    """Where the dims of the space stand among others; None where one is lacking, or nothing else
    is there.
    """
    if len(dims) != len(space) + 1 or len(set(dims)) != len(dims):
        return None
    return tuple(dims.index(d) for d in space) if set(space) < set(dims) else None


def _is_of_differences(value: Expr, points: Points) -> bool:
    """True where points are summed over, and the value is the same wherever they are moved."""
    sums = [n for n in walk(_opened(value, points)) if isinstance(n, Reduce)]
    if not any(_is_summed(total, points) for total in sums):
        return False
    shift = Tensor(SHIFT, points.space)
    try:
        return normal(points.moved(value, shift, 1) - value) is ZERO
    except TooLarge:
        return False


def _opened(value: Expr, points: Points) -> Expr:
    """The value without the differences that stand in it as such."""
    return transform(value, lambda node: ZERO if points.is_difference(node) else None)


def _alone(lines: list[Assignment], points: Points) -> set[Tensor]:
    """The inputs of which points stand outside of differences."""
    read = {t for a in lines for t in _opened(a.value, points).tensors}
    return read & set(points.places)


def _is_summed(total: Reduce, points: Points) -> bool:
    """True for Σ_j w_ij x_jk, j being no dim of the space."""
    bound = set(total.bound)
    for ref in refs(total.args[0]):
        if ref.tensor in points.places:
            own = [a for n, a in enumerate(ref.args) if n not in points.places[ref.tensor]]
            if any(a.free & bound for a in own):
                return True
    return False


class _Middle:
    """The mean of the points of the first input, and every input about it, by name."""

    def __init__(self, points: Points, program: Program) -> None:
        self.points = points
        self.source = next(iter(points.places))
        self.mean = Tensor(free_name(program, "mean"), points.space)
        taken = program
        self.about: dict[Tensor, Tensor] = {}
        for tensor in points.places:
            name = free_name(taken, f"{tensor.name}_c")
            self.about[tensor] = Tensor(name, tensor.dims)

    def put(self, value: Expr) -> Expr:
        """The value with every point about the middle."""

        def leaf(node: Expr) -> Expr | None:
            if self.points.is_difference(node):
                return node
            if isinstance(node, Ref) and node.tensor in self.about:
                return self.about[node.tensor][node.args]
            return None

        return transform(value, leaf)

    def lines(self) -> list[Assignment]:
        """The mean where it is finite, else 0, and each input about it."""
        indices = self.source.indices
        space = tuple(indices[n] for n in self.points.places[self.source])
        (index,) = (i for i in indices if i not in space)
        total = nodes.sum_([index], self.source[tuple(idx(i) for i in indices)])
        # a point that is not finite must not reach the others, and no points have no mean
        finite = finite_maximum(total / nodes.size(index.dim))
        first = Assignment(self.mean, space, finite)
        made = [first]
        for tensor, about in self.about.items():
            own = tensor.indices
            value = self.points.moved(tensor[tuple(idx(i) for i in own)], self.mean, -1)
            made.append(Assignment(about, own, value))
        return made
