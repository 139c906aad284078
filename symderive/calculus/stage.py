"""Prepare a program for the calculus: functions inside an expression get names, and every tensor
learns its sign.

A name lets a derivative be stated in terms of the output (σ' = s (1 - s)), and lets the search use
its equation. What the code does not need twice the schedule writes back into the line that uses it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..index import nodes
from ..index.dims import Index
from ..index.domains import NONNEGATIVE, POSITIVE, REAL, UNIT, Domain
from ..index.functions import FUNCTIONS, is_nonnegative, is_positive
from ..index.naming import unused
from ..index.nodes import Expr, Tensor, ref
from ..index.walk import rebuild, substitute, transform
from ..program import Assignment, Output, Program
from .canonical import tidy

LETTERS = {"exp": "e", "log": "l", "tanh": "t", "sigmoid": "s", "erf": "phi"}


def staged(program: Program) -> Program:
    """The same program, in the form that the calculus reads best."""
    tidied = replace(program, assignments=tuple(map(_on_its_axes, program.assignments)))
    return with_signs(with_names(with_hits(tidied)))


def with_hits(program: Program) -> Program:
    """The same program, a named δ(k, t_b) written where it is used: there it chooses, and a sum
    over k is one element.
    """
    hits = {a.tensor: a for a in program.assignments if isinstance(a.value, nodes.Delta)}

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or node.tensor not in hits:
            return None
        known = hits[node.tensor]
        return substitute(known.value, dict(zip(known.indices, node.args, strict=True)))

    lines = (replace(a, value=transform(a.value, leaf)) for a in program.assignments)
    return replace(program, assignments=tuple(lines))


def _on_its_axes(assignment: Assignment) -> Assignment:
    """The same assignment over the first indices of its dims, its bound indices canonical.

    What follows takes it for granted that a cotangent and its tensor share their indices.
    """
    axes = tuple(_axes(list(assignment.indices)))
    names = dict(zip(assignment.indices, axes, strict=True))
    value = transform(tidy(substitute(assignment.value, names)), _with_choices)
    return replace(assignment, indices=axes, value=value)


def _with_choices(node: Expr) -> Expr | None:
    """w (1 - δ_ij) as w [i ≠ j], which chooses: as a difference it would be expanded, and what it
    leaves out may be larger than all the rest.
    """
    if not isinstance(node, nodes.Mul):
        return None
    told = tuple(_choice(f) or transform(f, _with_choices) for f in node.args)
    return nodes.mul(*told)


def _choice(factor: Expr) -> Expr | None:
    """[i ≠ j] for 1 - δ_ij."""
    if not isinstance(factor, nodes.Add) or len(factor.args) != 2 or nodes.ONE not in factor.args:
        return None
    count, hit = nodes.coefficient(next(a for a in factor.args if a is not nodes.ONE))
    return nodes.bracket("ne", *hit.args) if count == -1 and isinstance(hit, nodes.Delta) else None


@dataclass
class Naming:
    """The names given so far, by the expression that they stand for."""

    taken: set[str]
    known: dict[Expr, Tensor] = field(default_factory=dict)
    made: list[Assignment] = field(default_factory=list)


def with_names(program: Program) -> Program:
    """The same program, each smooth function of tensors that stands inside an expression
    assigned to a name.
    """
    tensors = [a.tensor for a in program.arguments] + [a.tensor for a in program.assignments]
    naming = Naming(
        {t.name for t in tensors}
        | {p.tensor.name for p in program.parameters}
        | {d.name for t in tensors for d in t.dims}
        | {program.name}
    )
    assignments: list[Assignment] = []
    for assignment in program.assignments:
        naming.made = []
        value = assignment.value
        inner = value if assignment.constant else _named_inside(value, naming)
        assignments += [replace(m, place=assignment.place) for m in naming.made]
        assignments.append(replace(assignment, value=inner))
    return replace(program, assignments=tuple(assignments))


def _is_math(expr: Expr) -> bool:
    """False for what holds index expressions only."""
    return not isinstance(expr, (nodes.Ref, nodes.Delta, nodes.Bracket)) and bool(expr.args)


def _named_inside(expr: Expr, naming: Naming) -> Expr:
    """The expression with what stands inside it named, itself not."""
    if not _is_math(expr) or not expr.tensors:
        return expr
    args = tuple(_name_calls(a, naming) for a in expr.args)
    if (
        isinstance(expr, nodes.Reduce)
        and expr.op in ("max", "min")
        and not isinstance(args[0], nodes.Ref)
    ):
        args = (
            _named(args[0], "v", naming),
        )  # [v_i = m] compares the very numbers of which m is the maximum
    return rebuild(expr, args)


def _name_calls(expr: Expr, naming: Naming) -> Expr:
    done = _named_inside(expr, naming)
    if (
        isinstance(done, nodes.Call)
        and done.function in FUNCTIONS
        and FUNCTIONS[done.function].smooth
    ):
        return (
            _named(done, LETTERS.get(done.function, done.function), naming)
            if done.tensors
            else done
        )
    return done


def _named(expr: Expr, letter: str, naming: Naming) -> Expr:
    """The reference that stands for an expression: one tensor for all that differ in their
    indices only.
    """
    if isinstance(expr, nodes.Num) or not expr.tensors:
        return expr
    free = sorted(expr.free)
    axes = _axes(free)
    alike = substitute(expr, dict(zip(free, axes, strict=True)))
    tensor = naming.known.get(alike)
    if tensor is None:
        name = unused(letter, naming.taken)
        naming.taken.add(name)
        tensor = naming.known[alike] = Tensor(name, tuple(i.dim for i in axes))
        naming.made.append(Assignment(tensor, tuple(axes), alike))
    return tensor[tuple(free)] if free else tensor[()]


def _axes(free: list[Index]) -> list[Index]:
    count: dict[str, int] = {}
    axes = []
    for index in free:
        axes.append(Index(index.dim, count.get(index.dim.name, 0)))
        count[index.dim.name] = count.get(index.dim.name, 0) + 1
    return axes


def with_signs(program: Program) -> Program:
    """The same program, its intermediates marked positive or nonnegative where they certainly
    are.
    """
    signed: dict[Tensor, Tensor] = {}

    def renew(expr: Expr) -> Expr | None:
        tensor = getattr(expr, "tensor", None)
        if tensor is None or tensor not in signed:
            return None
        return ref(signed[tensor], *(transform(a, renew) for a in expr.args))

    assignments: list[Assignment] = []
    for assignment in program.assignments:
        value = transform(assignment.value, renew)
        tensor = Tensor(assignment.tensor.name, assignment.tensor.dims, _sign(value))
        signed[assignment.tensor] = tensor
        assignments.append(replace(assignment, tensor=tensor, value=value))
    outputs = tuple(Output(signed.get(o.tensor, o.tensor), o.layout) for o in program.outputs)
    return replace(program, assignments=tuple(assignments), outputs=outputs)


def _sign(value: Expr) -> Domain:
    if isinstance(value, nodes.Call) and value.function == "sigmoid":
        return UNIT
    return POSITIVE if is_positive(value) else NONNEGATIVE if is_nonnegative(value) else REAL
