"""The backward of a program, in reverse order over its assignments, each cotangent simplified
before it is passed on.

A cotangent that holds a contraction, or that a contraction would use twice, is given a name that
later ones share; any other is written into those before it, so that what cancels can cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from ..index import nodes
from ..index.dims import Index
from ..index.naming import unused
from ..index.nodes import ONE, ZERO, Expr, Reduce, Tensor
from ..index.ranges import decided, guards, isolate
from ..index.walk import fresh, substitute, walk
from ..program import Assignment, Program
from .kinks import slope_is_there
from .linearise import Part, linearise
from .search import Search, State
from .supports import NONE, Brackets, Supports, needed

NAMING_GAIN = (
    1.2  # how much cheaper a name must make things, since what is written out may yet cancel
)
INLINE_NODES = 40  # a cotangent with more distinct nodes is named rather than written into others
INLINE_TERMS = (
    12  # as is one of more terms when it is multiplied out, as (1 - a) (1 - b) (1 - c) is
)


@dataclass
class Pass:
    """What the reverse pass has found: the cotangent of each tensor, and the assignments of
    those that got a name.
    """

    program: Program
    search: Search
    cotangent: Tensor
    supports: Supports
    raw: dict[Tensor, Expr] = field(default_factory=dict)
    named: list[Assignment] = field(default_factory=list)
    found: dict[str, State] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def cotangent_of(self, assignment: Assignment) -> Expr:
        """An element of a tensor that stands for the cotangent of an assignment's left side."""
        tensor = Tensor(unused(f"d{assignment.tensor.name}", self.taken), assignment.tensor.dims)
        self.search.point.stand_in(tensor)
        return tensor.element


def chain(bar: Expr, axes: tuple[Index, ...], part: Part, into: tuple[Index, ...]) -> Expr:
    """Σ over axes and bound of bar · partial · δ(indices, into), each δ sifted, nothing
    expanded.
    """
    left = [*axes, *part.bound]
    terms = [bar, part.partial]
    pairs: list[tuple[Expr, Expr]] = [
        (a, nodes.idx(i)) for a, i in zip(part.indices, into, strict=True)
    ]
    while pairs:
        place, target = pairs.pop(0)
        solved = isolate(place - target, left) if place is not target else None
        if place is target:
            continue
        if solved is None:
            terms.append(nodes.delta(place, target))
            continue
        index, value = solved
        terms = [*guards(value, index), *(substitute(t, {index: value}) for t in terms)]
        pairs = [(substitute(p, {index: value}), substitute(t, {index: value})) for p, t in pairs]
        left.remove(index)
    return pull_out(left, decided(nodes.mul(*terms)))


def pull_out(bound: list[Index], body: Expr) -> Expr:
    """Σ of a product, with what does not depend on a bound index outside."""
    if not bound:
        return body
    factors = body.args if isinstance(body, nodes.Mul) else (body,)
    outside = [f for f in factors if f.free.isdisjoint(bound)]
    inside = [f for f in factors if not f.free.isdisjoint(bound)]
    held = [b for b in bound if any(b in f.free for f in inside)]
    sizes = [nodes.size(b.dim) for b in bound if b not in held]
    return nodes.mul(*outside, *sizes, nodes.sum_(held, nodes.mul(*inside) if inside else ONE))


def contribution(
    assignment: Assignment,
    bar: Expr,
    tensor: Tensor,
    chosen: Brackets = NONE,
    poles: frozenset[Tensor] = frozenset(),
) -> Expr:
    """What the cotangent of an assignment's left side (over its own indices) passes on to one
    tensor of its right side. chosen: brackets outside of which the cotangent is 0.
    poles: tensors that may not be finite there.
    """
    apart = {i: fresh(i) for i in assignment.indices}
    value = substitute(assignment.differentiated, apart)
    left = substitute(assignment.left, apart)
    moved = substitute(bar, apart)
    axes = tuple(apart.values())
    into = tensor.indices
    beside = frozenset(substitute(b, apart) for b in chosen)
    parts = linearise(value, tensor, left)
    parts = [part.scaled(nodes.mul(*needed(beside, part.partial, poles))) for part in parts]
    return nodes.add(*(chain(moved, axes, part, into) for part in parts))


def run(program: Program, search: Search, cotangent: Tensor) -> Pass:
    """Cotangents of everything that the output depends on, in reverse order."""
    state = Pass(program, search, cotangent, Supports(program.assignments))
    state.taken = {a.tensor.name for a in program.arguments} | {
        a.tensor.name for a in program.assignments
    }
    state.taken |= {p.tensor.name for p in program.parameters} | {cotangent.name}
    active = _active(program)
    output = program.output.tensor
    state.raw[output] = cotangent.element
    for assignment in reversed(program.assignments):
        tensor = assignment.tensor
        if tensor not in state.raw or tensor not in active or assignment.constant:
            continue
        bar = nodes.mul(slope_is_there(assignment), _settle(state, assignment, active))
        chosen = state.supports.of(bar)
        for source in sorted(assignment.differentiated.tensors, key=lambda t: t.name):
            if source in active:
                passed = contribution(assignment, bar, source, chosen, state.supports.poles)
                state.raw[source] = nodes.add(state.raw.get(source, ZERO), passed)
    return state


def _active(program: Program) -> set[Tensor]:
    """Tensors that depend on a differentiable input; a constant shift does not pass anything on."""
    active = {a.tensor for a in program.inputs}
    for assignment in program.assignments:
        if not assignment.constant and not active.isdisjoint(assignment.value.tensors):
            active.add(assignment.tensor)
    return active


def _settle(state: Pass, assignment: Assignment, active: set[Tensor]) -> Expr:
    """The cotangent of an assignment's left side in the form that is passed on: named, or
    written out.
    """
    raw = state.raw[assignment.tensor]
    if isinstance(raw, nodes.Ref) or not raw.tensors:
        return raw
    found = state.search.best(raw)
    state.found[assignment.tensor.name] = found
    if _wants_name(found.written, assignment, active) or _pays_to_name(
        state, assignment, found, active
    ):
        return give_name(state, assignment.tensor, found.written)
    return found.written


def _pays_to_name(state: Pass, assignment: Assignment, found: State, active: set[Tensor]) -> bool:
    """A cotangent that holds a reduction, and that several sources would each write out, is named
    where that is cheaper.

    Compared by what is passed on at once: written into every source, or computed once and passed on
    by name.
    """
    sources = [
        t
        for t in sorted(assignment.value.tensors, key=lambda t: t.name)
        if t in active and _bends(assignment, t)
    ]
    written = found.written
    full = written.free == frozenset(assignment.indices) and bool(written.free)
    if not full or len(sources) < 2 or not any(isinstance(n, Reduce) for n in walk(written)):
        return False
    search = state.search
    stand_in = state.cotangent_of(assignment)
    inline = sum(search.folded(contribution(assignment, written, t)).price[0] for t in sources)
    by_name = sum(search.folded(contribution(assignment, stand_in, t)).price[0] for t in sources)
    return (found.price[0] + by_name) * NAMING_GAIN < inline


def _bends(assignment: Assignment, source: Tensor) -> bool:
    """True where the source is scaled by something that varies; what it passes on plainly may
    cancel elsewhere.
    """
    return any(
        p.partial.tensors for p in linearise(assignment.differentiated, source, assignment.left)
    )


def give_name(state: Pass, tensor: Tensor, written: Expr) -> Expr:
    """Name the cotangent of a tensor; what follows may refer to it, and fold it."""
    named = Tensor(unused(f"d{tensor.name}", state.taken), tensor.dims)
    state.taken.add(named.name)
    equation = Assignment(named, tensor.indices, written)
    state.named.append(equation)
    state.search.know(equation)
    state.supports.add(equation)
    return equation.left


def _wants_name(written: Expr, assignment: Assignment, active: set[Tensor]) -> bool:
    if isinstance(written, nodes.Ref) or not written.tensors:
        return False
    distinct = list(walk(written))
    contracts = any(is_contraction(n) for n in distinct)
    if len(assignment.tensor.dims) >= 2 and contracts:
        return True
    spread = any(is_contraction(n) and len(n.tensors & active) > 1 for n in walk(assignment.value))
    return spread or len(distinct) > INLINE_NODES or multiplied_out(written) > INLINE_TERMS


def multiplied_out(expr: Expr) -> int:
    """How many terms an expression has when products of its sums are expanded."""
    if isinstance(expr, nodes.Add):
        return sum(map(multiplied_out, expr.args))
    if isinstance(expr, (nodes.Mul, Reduce)):
        return prod(map(multiplied_out, expr.args))
    return 1


def is_contraction(node: Expr) -> bool:
    """A matrix product: a Σ whose factors have free indices that the others lack."""
    if not isinstance(node, Reduce) or node.op != "sum":
        return False
    body = node.args[0]
    parts = [
        f
        for f in (body.args if isinstance(body, nodes.Mul) else (body,))
        if not f.free.isdisjoint(node.bound)
    ]
    frames = [f.free - set(node.bound) for f in parts]
    return any(a - b and b - a for a in frames for b in frames)
