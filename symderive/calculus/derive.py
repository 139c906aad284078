"""`derive(program)`: the closed-form backward of a program, and the steps that led to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import DerivationError, InputError
from ..index import nodes
from ..index.memo import forget
from ..index.naming import unused
from ..index.nodes import ZERO, Expr, Tensor, num, sum_
from ..index.walk import restart, walk
from ..program import Argument, Assignment, Output, Program
from .check import Point
from .cost import weights_of
from .explain import explain
from .jacobian import jacobian, push
from .kinks import with_kinks
from .normal import TooLarge, normal
from .relations import Relations
from .removable import with_points_filled
from .result import Derived, Jacobian
from .reverse import Pass, run
from .search import Move, Search, State
from .smooth import with_sides
from .stage import staged

POINTS = (0, 1, 2)  # seeds at which every gradient is compared with the slope of the forward
GENTLER = (1.0, 0.1, 0.01)  # spreads, for a forward that float64 does not resolve at the first


def derive(program: Program, written: Program | None = None) -> Derived:
    """Differentiate a program by each of its differentiable inputs.

    program: the forward to differentiate (stabilised).  written: as its author wrote it, where that
    differs.
    """
    program = with_points_filled(with_sides(with_kinks(staged(program))))
    cotangent = _cotangent(program)
    search = searcher(program, [cotangent])
    found = run(program, search, cotangent)
    gradients = _gradients(found)
    derived = Derived(written or program, program, _backward(program, found, gradients))
    if not holds(derived):
        raise DerivationError(
            f"a gradient of {program.name} is not the slope of the forward at a random point; "
            "this is a defect of symderive: please report the forward"
        )
    for gradient in _in_order(gradients):
        search.point.add(gradient)
    return replace(derived, steps=explain(program, found, gradients))


def searcher(program: Program, named: Iterable[Tensor]) -> Search:
    """The search for closed forms under a program's own equations; `named` are tensors that the
    program does not compute.
    """
    forget()
    restart()
    relations = Relations(program.assignments)
    _state_domains(relations, program)
    extra = tuple(named)
    return Search(relations, weights_of(program, extra), Point(program, extra))


def jacobian_of(derived: Derived, name: str) -> Jacobian:
    """∂output/∂name of a derivation's forward, with Kronecker deltas."""
    return jacobian(derived.forward, _input(derived.forward, name), searcher(derived.forward, ()))


def jvp_of(derived: Derived, name: str) -> Assignment:
    """`y_dot = Σ ∂y/∂name · name_dot`: the Jacobian-vector product, forward mode, by one input."""
    source = _input(derived.forward, name)
    tangent = Tensor(unused(f"{name}_dot", _names(derived.forward)), source.dims)
    return push(derived.forward, source, tangent, searcher(derived.forward, [tangent]))


def _input(program: Program, name: str) -> Tensor:
    known = [a.tensor for a in program.inputs]
    for tensor in known:
        if tensor.name == name:
            return tensor
    raise InputError(
        f"{program.name} has no differentiable input '{name}'; "
        f"it has {', '.join(t.name for t in known)}"
    )


def _names(program: Program) -> set[str]:
    return {a.tensor.name for a in program.arguments} | {a.tensor.name for a in program.assignments}


def _cotangent(program: Program) -> Tensor:
    taken = _names(program)
    output = program.output.tensor
    return Tensor(unused(f"d{output.name}", taken), output.dims)


def _state_domains(relations: Relations, program: Program) -> None:
    for argument in program.arguments:
        tensor = argument.tensor
        if (total := tensor.domain.total) is not None:
            axes = tensor.indices
            relations.state(sum_([axes[tensor.domain.axis]], tensor[axes]), num(total))


def _gradients(found: Pass) -> list[Assignment]:
    """One gradient for each differentiable input, in the order of the inputs.

    The smaller ones are found first, so that the large ones can use what those read; then the
    smaller ones are looked at again, in case a large gradient that is known by now shortens them.
    """
    inputs = [a.tensor for a in found.program.inputs]
    done = {t: _gradient(found, t) for t in sorted(inputs, key=found.search.weights.elements)}
    largest = max(map(found.search.weights.elements, inputs), default=0)
    large = [t for t in inputs if found.search.weights.elements(t) == largest]
    known = [done[t] for t in large if len(large) < len(inputs) and done[t].value.tensors]
    for gradient in known:
        found.search.know(gradient)
    for tensor in inputs:
        if tensor not in large and tensor in found.raw:
            again = found.search.best(found.raw[tensor])
            before = found.search.presenter.price(done[tensor].value)
            shorter = again.price < before and again.price[2] <= before[2]
            names = frozenset(g.tensor for g in known)
            if shorter and not _differs(again.written, names):
                found.found[tensor.name] = again
                done[tensor] = replace(done[tensor], value=again.written)
    for place, tensor in enumerate(inputs):
        alike = [done[t] for t in inputs[:place] if t.dims == tensor.dims]
        done[tensor] = _as_another(found, tensor, done[tensor], alike)
    return [done[t] for t in inputs]


def _as_another(
    found: Pass, tensor: Tensor, gradient: Assignment, others: list[Assignment]
) -> Assignment:
    """A gradient as that of another input, or as minus that: the loss of a difference x - t."""
    for other in others:
        if _is_short(gradient.value) or _is_short(other.value):
            continue
        for value, zero in (
            (-other.left, gradient.value + other.value),
            (other.left, gradient.value - other.value),
        ):
            if _vanishes(zero):
                found.search.know(other)
                told = found.found[tensor.name]
                move = Move("fold", str(other), told.form, value)
                state = State(value, value, found.search.presenter.price(value), start=told.start)
                found.found[tensor.name] = replace(state, path=(*told.path, move))
                return replace(gradient, value=value)
    return gradient


def _vanishes(difference: Expr) -> bool:
    try:
        return normal(difference) is ZERO
    except TooLarge:
        return False


def _is_short(value: Expr) -> bool:
    """An element, or a number times one."""
    return isinstance(nodes.coefficient(value)[1], nodes.Ref) or value is ZERO


def _differs(value: Expr, known: frozenset[Tensor]) -> bool:
    """True where a gradient as it is, or its sum, is added to what is none: Σ dy - Σ dx has no
    digit left where dx holds nearly all of dy.
    """
    sums = [set(node.args) for node in walk(value) if isinstance(node, nodes.Add)]
    plain = [{t for t in terms if _is_plain(t, known)} for terms in sums]
    return any(
        p and any(t.tensors.isdisjoint(known) for t in terms)
        for p, terms in zip(plain, sums, strict=True)
    )


def _is_plain(term: Expr, known: frozenset[Tensor]) -> bool:
    """±dx or ±Σ dx."""
    _, rest = nodes.coefficient(term)
    inner = rest.args[0] if isinstance(rest, nodes.Reduce) else rest
    _, element = nodes.coefficient(inner)
    return isinstance(element, nodes.Ref) and element.tensor in known


def _gradient(found: Pass, tensor: Tensor) -> Assignment:
    name = unused(f"d{tensor.name}", found.taken)
    found.taken.add(name)
    raw = found.raw.get(tensor)
    state: State | None = None
    if raw is not None:
        state = found.search.best(raw)
        found.found[tensor.name] = state
        found.search.hold(state.written.tensors)
    return Assignment(Tensor(name, tensor.dims), tensor.indices, state.written if state else ZERO)


def holds(derived: Derived) -> bool:
    """True where every gradient is the slope of the forward, at each of several random points.

    Several, of different spread, since a choice or a clip may hide a term at any one of them.
    """
    return all(_holds_at(derived, seed) for seed in POINTS)


def _holds_at(derived: Derived, seed: int) -> bool:
    inputs = [a.tensor for a in derived.forward.inputs]
    gradients = [o.tensor for o in derived.backward.outputs]
    pairs = list(zip(inputs, gradients, strict=True))
    for gentle in GENTLER:
        point = Point(derived.forward, [derived.cotangent], seed, gentle)
        for assignment in derived.backward.assignments:
            point.add(assignment)
        wrong = [
            (derived.forward, tensor, gradient, derived.cotangent)
            for tensor, gradient in pairs
            if not point.slope_is(derived.forward, tensor, gradient, derived.cotangent)
        ]
        if not wrong or not all(point.is_rough(*pair) for pair in wrong):
            return not wrong
    return False


def _in_order(gradients: list[Assignment]) -> list[Assignment]:
    """A gradient that others read stands before them."""
    own = {g.tensor for g in gradients}
    return sorted(gradients, key=lambda g: not own.isdisjoint(g.value.tensors))


def _backward(program: Program, found: Pass, gradients: list[Assignment]) -> Program:
    assignments = (*found.named, *_in_order(gradients))
    own = {a.tensor for a in assignments}
    read = {t for a in assignments for t in a.value.tensors} - own - {found.cotangent}
    layouts = {a.tensor: a.layout for a in program.arguments}
    order = [a.tensor for a in program.arguments] + [a.tensor for a in program.assignments]
    parameters = tuple(p for p in program.parameters if p.tensor in read)
    arguments = [
        Argument(t, layouts.get(t, tuple((d,) for d in t.dims))) for t in order if t in read
    ]
    arguments.append(Argument(found.cotangent, program.output.layout))
    inputs = list(program.inputs)
    outputs = tuple(Output(g.tensor, a.layout) for g, a in zip(gradients, inputs, strict=True))
    return Program(
        f"{program.name}_bwd",
        tuple(arguments),
        parameters,
        assignments,
        outputs,
        requires=program.requires,
    )
