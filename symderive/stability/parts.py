"""Sums over parts of an axis of one named exponential: each part gets an exponential, and a shift,
of its own, where that is all that they share.
"""

from __future__ import annotations

from dataclasses import replace

from ..index import nodes
from ..index.nodes import Call, Expr, Idx, Reduce, Ref, Tensor
from ..index.walk import transform
from ..program import Program
from ..trace import Step
from .candidates import candidates
from .chain import checked, definitions, live, opened
from .shift import RULE, shift


def shift_parts(program: Program) -> tuple[Program, tuple[Step, ...]] | None:
    """The program with each part shifted; None where there are no parts, or where one of them is
    divided by another, so that they have to share a shift.
    """
    apart = _opened_in_parts(program)
    if apart.assignments == program.assignments:
        return None
    found = shift(apart, ways=(True,))
    if found is None or candidates(found[0]):
        return None
    return checked(program, found[0], RULE), found[1]


def _opened_in_parts(program: Program) -> Program:
    """The program with exp(u) for its name wherever a sum runs over a part of its axis."""
    known = definitions(program)
    outside = {t for a in program.assignments for t in _read_outside_sums(a.value)}
    exponentials = {
        t for t, a in known.items() if isinstance(a.value, Call) and a.value.function == "exp"
    }
    named = exponentials - outside

    def inside(node: Expr) -> Expr | None:
        part = isinstance(node, Ref) and node.tensor in named and _is_part(node)
        return opened(node, known) if part else None

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, Reduce) or node.op != "sum":
            return None
        return nodes.reduce_(node.op, node.bound, transform(node.args[0], inside))

    lines = tuple(replace(a, value=transform(a.value, leaf)) for a in program.assignments)
    return live(replace(program, assignments=lines))


def _read_outside_sums(value: Expr) -> frozenset[Tensor]:
    """What is a share of some sum has to be shifted as that is."""
    return transform(value, lambda n: nodes.ZERO if isinstance(n, Reduce) else None).tensors


def _is_part(ref: Ref) -> bool:
    """True for e_{i + 1}, and for e_k where k runs over less than the axis."""
    return any(
        arg.free and not arg.tensors and not (isinstance(arg, Idx) and arg.index.dim == dim)
        for arg, dim in zip(ref.args, ref.tensor.dims, strict=True)
    )
