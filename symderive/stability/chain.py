"""A program as a chain of definitions: look through names, run it at random points, drop what
nothing uses."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DerivationError
from ..index.dims import Dim, Index, length_of, unused_index
from ..index.domains import Wanted
from ..index.evaluate import Evaluator
from ..index.memo import remembered
from ..index.naming import unused
from ..index.nodes import Expr, Reduce, Ref, Tensor, reduce_
from ..index.walk import rebuild, substitute, transform, walk
from ..program import Assignment, Program


class Definitions(dict[Tensor, Assignment]):
    """Every assigned tensor with its assignment. What is worked out from them is kept in `memo`."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        super().__init__((a.tensor, a) for a in assignments)
        self.memo: dict[tuple[str, Hashable], Any] = {}


LENGTHS = (3, 2, 4, 5)
POINTS = 3
APART = 50  # where indices that are told apart are numbered from
RANGES = ((-2.0, 2.0), (-0.4, 0.4), (0.1, 0.9), (1.1, 1.9), (-0.05, 0.05))


def definitions(program: Program) -> Definitions:
    """The definitions of a program."""
    return Definitions(program.assignments)


def opened(expr: Expr, known: Definitions) -> Expr | None:
    """The value of `tensor[args]` by its definition, or None where it has none."""
    if not isinstance(expr, Ref) or expr.tensor not in known:
        return None
    key = ("opened", expr)
    if key not in known.memo:
        assignment = known[expr.tensor]
        mapping = dict(zip(assignment.indices, expr.args, strict=True))
        known.memo[key] = substitute(assignment.value, mapping)
    value: Expr = known.memo[key]
    return value


def unfolded(expr: Expr, known: Definitions) -> Expr:
    """The expression over the inputs alone: every name is replaced by its definition."""

    def leaf(node: Expr) -> Expr | None:
        value = opened(node, known)
        return None if value is None else unfolded(value, known)

    key = ("unfolded", expr)
    if key not in known.memo:
        known.memo[key] = transform(expr, leaf)
    value: Expr = known.memo[key]
    return value


def elementwise(expr: Expr) -> bool:
    """True where no sum or maximum is taken inside."""
    return not any(isinstance(node, Reduce) for node in walk(expr))


def free_name(program: Program, wanted: str) -> str:
    """The wanted name, as a capital where a dim has it, numbered where it is taken."""
    dims = {d.name for t in tensors(program) for d in t.dims}
    taken = {t.name for t in tensors(program)} | dims
    wanted = wanted.upper() if wanted in dims else wanted
    return unused(wanted, taken)


def in_order(program: Program) -> Program:
    """The program with each assignment after those that it uses, else as it was."""
    waiting, placed = list(program.assignments), list[Assignment]()
    missing = {a.tensor for a in waiting}
    while waiting:
        ready = next(a for a in waiting if missing.isdisjoint(a.value.tensors))
        waiting.remove(ready)
        missing.discard(ready.tensor)
        placed.append(ready)
    return replace(program, assignments=tuple(placed))


def tensors(program: Program) -> list[Tensor]:
    """Arguments, parameters and assigned tensors, in order."""
    given = [a.tensor for a in program.arguments] + [p.tensor for p in program.parameters]
    return given + [a.tensor for a in program.assignments]


def with_value(program: Program, tensor: Tensor, value: Expr) -> Program:
    """The program in which a tensor's assignment has another value."""
    changed = tuple(
        replace(a, value=value) if a.tensor == tensor else a for a in program.assignments
    )
    return replace(program, assignments=changed)


@remembered
def apart(expr: Expr, bound: frozenset[Index] = frozenset()) -> Expr:
    """The same expression, in which no sum binds an index that a sum around it binds."""
    if not isinstance(expr, Reduce):
        return rebuild(expr, tuple(apart(a, bound) for a in expr.args)) if expr.args else expr
    taken = bound | expr.args[0].free
    over = {
        b: unused_index(b.dim, taken.union(expr.bound), APART) for b in expr.bound if b in bound
    }
    inside = substitute(expr.args[0], over)
    inner = tuple(over.get(b, b) for b in expr.bound)
    return reduce_(expr.op, inner, apart(inside, bound | frozenset(inner)))


def live(program: Program) -> Program:
    """The program without assignments that no output needs, and without an index bound twice."""
    kept = (replace(a, value=apart(a.value)) for a in program.live().assignments)
    return replace(program, assignments=tuple(kept))


def sample(
    program: Program, seed: int, low: float = -2.0, high: float = 2.0
) -> tuple[dict[str, Any], dict[str, int]]:
    """Random arrays within the domains, real ones from low to high, and small lengths."""
    random = np.random.default_rng(seed)
    dims = dict.fromkeys(
        d for a in program.assignments for d in a.tensor.dims
    )  # dx_im = 0 has its own
    names = dict.fromkeys(
        d.name for d in (*program.dims, *dims) if d.length is None and not d.extent
    )
    lengths = {name: LENGTHS[(n + seed) % len(LENGTHS)] for n, name in enumerate(names)}
    cut = {d for a in program.assignments for d in _dims_in(a) if d.extent}
    while not program.fits(lengths) or any(length_of(d, lengths) < 1 for d in cut):
        lengths = {name: length + 1 for name, length in lengths.items()}
    known = lengths | {d.name: length_of(d, lengths) for d in program.dims}
    arrays: dict[str, Any] = {p.tensor.name: p.default for p in program.parameters}
    for argument in program.arguments:
        tensor = argument.tensor
        shape = tuple(length_of(d, lengths) for d in tensor.dims)
        wanted = Wanted((low, high), bound=tensor.domain.bound(known))
        arrays[tensor.name] = tensor.domain.draw(random, shape, wanted)
    return arrays, lengths


def _dims_in(assignment: Assignment) -> set[Dim]:
    """The dims of an assignment, those that it sums over included."""
    bound = {b.dim for n in walk(assignment.value) if isinstance(n, Reduce) for b in n.bound}
    return {*assignment.tensor.dims, *bound}


def run(
    program: Program,
    arrays: Mapping[str, Any],
    lengths: Mapping[str, int],
    nudge: Mapping[Tensor, Any] | None = None,
) -> tuple[Any, ...]:
    """The outputs at these inputs; `nudge` adds to assigned tensors."""
    evaluator = Evaluator(arrays, lengths)
    for assignment in program.assignments:
        value = evaluator.assign(assignment.tensor, assignment.indices, assignment.value)
        if nudge and assignment.tensor in nudge:
            with np.errstate(all="ignore"):
                evaluator.arrays[assignment.tensor.name] = value + nudge[assignment.tensor]
    return tuple(evaluator.arrays[o.tensor.name] for o in program.outputs)


def equal(left: Program, right: Program, nudge: tuple[Tensor, ...] = ()) -> bool:
    """Whether two programs agree at random points where the left one is finite.

    nudge: tensors of the right one that are shifted at random. Where the written form is itself
    noise (it overflows or cancels), other inputs are tried: a wrong rule is wrong there, too.
    """
    seen = [_agree(left, right, nudge, low, high) for low, high in RANGES[:1]]
    if seen != [True]:
        seen += [_agree(left, right, nudge, low, high) for low, high in RANGES[1:]]
    return True in seen or False not in seen


def _agree(
    left: Program, right: Program, nudge: tuple[Tensor, ...], low: float, high: float
) -> bool | None:
    """None where the left one is finite nowhere, so that nothing is known."""
    some: bool | None = None
    for seed in range(POINTS):
        arrays, lengths = sample(left, seed, low, high)
        random = np.random.default_rng(seed + 99)
        shift = {
            t: random.normal(0.0, 1.0, tuple(length_of(d, lengths) for d in t.dims)) for t in nudge
        }
        pairs = zip(run(left, arrays, lengths), run(right, arrays, lengths, shift), strict=True)
        for wanted, found in pairs:
            finite = np.isfinite(wanted)
            scale = np.max(np.abs(wanted), initial=1.0, where=finite)
            if not np.allclose(found[finite], wanted[finite], rtol=1e-9, atol=1e-11 * scale):
                return False
            some = True if finite.any() else some
    return some


def checked(before: Program, after: Program, rule: str) -> Program:
    """`after`, once it has agreed with `before` at random points."""
    if not equal(before, after):
        raise DerivationError(
            f"the stability rule '{rule}' changed the value of {before.name}; please report this.\n"
            f"before:\n{before}\nafter:\n{after}"
        )
    return after
