"""Other names for tensors: their own means something else in code, or a result has a better one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..index import nodes
from ..index.nodes import Expr, Tensor
from ..index.walk import transform
from ..program import Program
from .names import MODULE, Namer, apart, functions_of, is_reserved
from .statements import Statement
from .subexpressions import everywhere

DIGITS = frozenset({"l", "I", "O"})  # linters refuse these for a variable


def without_clashes(forward: Program, backward: Program) -> tuple[Program, Program]:
    """Both programs, with new names where the old ones would not do in code."""
    name = apart(forward.name, MODULE)
    forward, backward = replace(forward, name=name), replace(backward, name=name)
    tensors = tensors_of(forward) | tensors_of(backward)
    own = functions_of(name) - {name} | {f"{o.tensor.name}_" for o in forward.outputs}
    namer = Namer((*own, *(t.name for t in tensors)))
    arguments = {a.tensor for a in forward.arguments}
    values = {a.tensor: a.value for p in (forward, backward) for a in p.assignments}
    new: dict[Tensor, Tensor] = {}
    for tensor in sorted(tensors, key=lambda t: t.name):
        if is_reserved(tensor.name) or tensor.name in own:
            new[tensor] = _named(tensor, namer.take(apart(tensor.name, namer.taken)))
        elif tensor.name in DIGITS and tensor not in arguments and tensor in values:
            new[tensor] = _named(tensor, namer.name(values[tensor]))
    return _renamed(forward, new), _renamed(backward, new)


def _named(tensor: Tensor, name: str) -> Tensor:
    return Tensor(name, tensor.dims, tensor.domain)


def _renamed(program: Program, new: dict[Tensor, Tensor]) -> Program:
    if not new:
        return program

    def leaf(node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Ref) or node.tensor not in new:
            return None
        return nodes.ref(new[node.tensor], *(transform(a, leaf) for a in node.args))

    def named(tensor: Tensor) -> Tensor:
        return new.get(tensor, tensor)

    return replace(
        program,
        arguments=tuple(replace(a, tensor=named(a.tensor)) for a in program.arguments),
        parameters=tuple(replace(p, tensor=named(p.tensor)) for p in program.parameters),
        assignments=tuple(
            replace(a, tensor=named(a.tensor), value=transform(a.value, leaf))
            for a in program.assignments
        ),
        outputs=tuple(replace(o, tensor=named(o.tensor)) for o in program.outputs),
    )


def tensors_of(program: Program) -> set[Tensor]:
    """Every tensor that a program names."""
    named = {a.tensor for a in program.assignments} | {a.tensor for a in program.arguments}
    return named | {p.tensor for p in program.parameters}


def adopt_results(statements: list[Statement], results: Iterable[Tensor]) -> list[Statement]:
    """Where a result is but another name of an intermediate, the intermediate takes its name."""
    for result in results:
        alias = next((s for s in statements if s.tensor == result), None)
        if (
            alias is None
            or not isinstance(alias.value, nodes.Ref)
            or alias.value.args != alias.left.args
            or alias.value.tensor.dims != result.dims
        ):
            continue
        source = next((s for s in statements if s.tensor == alias.value.tensor), None)
        if source is None or source.tensor in results:
            continue
        statements = [_called(s, source.tensor, result) for s in statements if s is not alias]
    return statements


def _called(statement: Statement, old: Tensor, new: Tensor) -> Statement:
    tensor = new if statement.tensor == old else statement.tensor
    value = everywhere(statement.value, old, lambda args: nodes.ref(new, *args))
    return Statement(tensor, statement.indices, value)
