"""The trace of a derivation, as a reader wants it.

A short program is told through its Jacobian: ∂y/∂x, the chain-rule sum, its split, the sifting of
δ, the folding, the factoring. A long one is told cotangent by cotangent, in the reverse order in
which they were found.
"""

from __future__ import annotations

from ..index import nodes
from ..index.nodes import ZERO, Expr, Ref, Tensor
from ..index.text import text
from ..index.walk import substitute
from ..program import Assignment, Program
from ..trace import Step
from .jacobian import jacobian, on_path
from .normal import TooLarge, normal
from .result import Jacobian
from .reverse import Pass
from .search import State
from .steps import path_steps, step

SHORT = 9  # assignments: past this the Jacobian tells less than it costs
FEW_INDICES = 5


def explain(
    program: Program, found: Pass, gradients: list[Assignment]
) -> dict[str, tuple[Step, ...]]:
    """The steps for each shared cotangent and each gradient, by the name of what it is the
    cotangent of.
    """
    sources = [a.tensor for a in program.inputs]
    steps: dict[str, tuple[Step, ...]] = {}
    for equation in _passed_on(program, found):
        steps[equation.tensor.name] = tuple(_reverse_steps(equation, found, equation.tensor.name))
    for source, gradient in zip(sources, gradients, strict=True):
        steps[source.name] = tuple(_gradient_steps(program, source, gradient, found))
    return steps


def _passed_on(program: Program, found: Pass) -> list[Assignment]:
    """The cotangents of intermediates in the order in which they were found: those that got a name,
    and, where there are any, those written into the ones after them, whose steps these rest on.
    """
    if not found.named:
        return []
    named = {equation.tensor.name: equation for equation in found.named}
    passed = []
    for assignment in reversed(program.assignments):
        name, state = f"d{assignment.tensor.name}", found.found.get(assignment.tensor.name)
        if name in named:
            passed.append(named.pop(name))
        elif state is not None and len(path_steps(name, state.start, state, found.search)) > 0:
            tensor = Tensor(name, assignment.tensor.dims)
            passed.append(Assignment(tensor, tensor.indices, state.written))
    return [*passed, *named.values()]


def _gradient_steps(
    program: Program, source: Tensor, gradient: Assignment, found: Pass
) -> list[Step]:
    left = text(gradient.left)
    if source not in found.raw:
        return [step("no path", left, ZERO, ZERO, found.search.point)]
    path = on_path(program, source)
    indices = len(program.output.tensor.dims) + len(source.dims)
    if found.named or len(path) > SHORT or indices > FEW_INDICES:
        return _reverse_steps(gradient, found, source.name)
    try:
        told = jacobian(program, source, found.search)
        return [*told.steps, *_from_jacobian(told, gradient, found)]
    except TooLarge:
        return _reverse_steps(gradient, found, source.name)


def chain_sum(told: Jacobian, cotangent: Tensor, gradient: Assignment) -> Expr:
    """Σ over the output's indices of cotangent · Jacobian, for the element of the source at the
    gradient's indices.
    """
    rows = {i: nodes.idx(i) for i in told.rows}
    bar: Ref = cotangent[tuple(rows)] if rows else cotangent[()]
    return nodes.sum_(told.rows, bar * told.value)


def _from_jacobian(told: Jacobian, gradient: Assignment, found: Pass) -> list[Step]:
    """Chain-rule sum, split, sift, pull out, fold, factor: over the column indices of the
    Jacobian.
    """
    search, left = found.search, text(gradient.tensor[told.columns])
    start = chain_sum(told, found.cotangent, gradient)
    done = [step("chain rule", left, start, start, search.point)]
    reached = search.without(gradient.tensor).best(start)
    done += path_steps(left, start, reached, search)
    target = _at(gradient, told)
    if text(reached.written) != text(target):
        done.append(
            step(
                "rearrange",
                left,
                reached.written,
                target,
                search.point,
                (_how_equal(reached, target),),
            )
        )
    return done


def _at(gradient: Assignment, told: Jacobian) -> Expr:
    return substitute(gradient.value, dict(zip(gradient.indices, told.columns, strict=True)))


def _how_equal(reached: State, target: Expr) -> str:
    try:
        same = normal(reached.written) is normal(target)
    except TooLarge:
        same = False
    return (
        "both have one normal form"
        if same
        else "by the forward's equations; checked at random points"
    )


def _reverse_steps(equation: Assignment, found: Pass, key: str) -> list[Step]:
    """Chain rule over the uses of the tensor, then what the search did."""
    left = text(equation.left)
    origin = key if key in found.found else key[1:]
    state = found.found.get(origin)
    if state is None:
        return [step("chain rule", left, equation.value, equation.value, found.search.point)]
    start = state.start
    done = [step("chain rule", left, start, start, found.search.point)]
    done += path_steps(left, start, state, found.search)
    return done
