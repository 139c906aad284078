"""The edges of an operator's input: infinities, NaN, empty axes, ties, integers, bad labels.

The policy is one sentence: the code returns what the written forward gives by the rules of IEEE 754
with no limit to the range, and the gradient is the closed form at the saved residuals by the same
rules. `docs/edges.md` spells out what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..calculus.kinks import with_kinks
from ..calculus.result import Derived
from ..index import nodes
from ..index.dims import BATCH
from ..index.functions import FUNCTIONS
from ..index.ranges import at_least
from ..index.walk import walk
from ..program import Argument, Program
from .check import Check, Kernel, skipped
from .layouts import Sizes
from .limits import limits
from .one_sided import against_both_sides
from .sampling import draw, evaluate_forward, fits, free_dims
from .subject import ABSENT, CANCELLED, RELATIVE, Edge, Finding, Subject, differences, run_edge

Array = Any
FAR = (-1e3, 1e3)  # on either side of whatever a value is compared with


def check_edges(derived: Derived, kernel: Kernel, *, seed: int = 0) -> tuple[Check, ...]:
    """One check for each edge that this operator has."""
    subject = Subject.of(derived, kernel, seed)
    if subject is None:
        return (skipped("edges", "no lengths above one suit the program's constant indices"),)
    return tuple(run_edge(name, edge, subject) for name, edge in EDGES.items())


def _planted(value: float, rows: bool) -> Edge:
    """Put a value into one entry of the last row of each real input, or into all of that row."""

    def edge(subject: Subject) -> Finding | str:
        complaints: list[str] = []
        tried = []
        for argument in subject.program.arguments:
            if not _admits(argument, value):
                continue
            tried.append(argument.tensor.name)
            at = _with(subject, argument, rows, value)
            usual = None if is_smooth(subject.program) else subject
            open_ = usual is not None and np.isnan(value)  # nothing compares with NaN
            far = [v for v in FAR if _admits(argument, v)] if open_ else []
            others = [_with(subject, argument, rows, v) for v in far]
            complaints += at.complaints(usual, limits if np.isinf(value) else None, others)
        return Finding(f"{value} in {', '.join(tried)}", tuple(complaints)) if tried else ABSENT

    return edge


def _with(subject: Subject, argument: Argument, rows: bool, value: float) -> Subject:
    tensor = np.array(subject.point.tensors[argument.tensor.name], float)
    row = tensor[(-1,) * (tensor.ndim - 1)]
    row[: None if rows else 1] = value
    return subject.moved(argument.tensor.name, tensor)


def _admits(argument: Argument, value: float) -> bool:
    return argument.tensor.domain.holds(value) and bool(argument.tensor.dims)


def _empty(subject: Subject) -> Finding | str:
    """Each dim in turn has length 0. Where the forward has no value, ValueError is the answer."""
    complaints: list[str] = []
    tried = []
    for dim in free_dims(subject.program):
        lengths = {**subject.point.sizes.lengths, dim.name: 0}
        sizes = Sizes(lengths, (0, 2) if dim.is_batch else (2,))
        if not _drawable(subject.program, sizes):
            continue
        at = subject.at(draw(subject.program, sizes, subject.rng, subject.point.drawn))
        tried.append(f"{dim.name}=0")
        short = at_least(subject.program.requires).get(dim.name, 0) > 0
        complaints += _must_raise(at) if short else _raised_alike(at)
    return Finding(", ".join(tried), tuple(complaints)) if tried else ABSENT


def _drawable(program: Program, sizes: Sizes) -> bool:
    """False where labels have nothing to choose from, a simplex no entry, a dim no length."""
    dims = {d for a in program.assignments for d in a.tensor.dims}
    if any(sizes.length(d) < 0 for d in dims):
        return False
    for argument in program.arguments:
        empty = 0 in sizes.real_shape(argument.layout)
        if (
            argument.tensor.domain.is_label
            and not empty
            and argument.tensor.domain.bound(sizes.lengths) == 0
        ):
            return False
        if argument.tensor.domain.is_tied and empty:
            return False
    return all(
        not isinstance(node, nodes.Ref) or _within(node, sizes)
        for a in program.assignments
        for node in walk(a.value)
    )


def _within(node: nodes.Ref, sizes: Sizes) -> bool:
    pairs = zip(node.args, node.tensor.dims, strict=True)
    return all(not isinstance(a, nodes.Num) or a.value < sizes.length(d) for a, d in pairs)


def _raised_alike(subject: Subject) -> list[str]:
    """The written forward raises for a maximum of nothing; so may the reference for a shift."""
    point, program = subject.point, subject.program
    try:
        written = evaluate_forward(program, point).arrays
    except ValueError:
        return _shifted_by_nothing(subject)
    except IndexError:
        return []  # the evaluator has nothing to read, not even under a bracket that is 0
    try:
        evaluate_forward(subject.derived.forward, point)
    except ValueError:
        return _beside(subject, written)
    return subject.complaints()


def _shifted_by_nothing(subject: Subject) -> list[str]:
    """Where a shift that cancels is all that has no value, it is 0; otherwise there is none."""
    forward = subject.derived.forward
    try:
        unshifted = evaluate_forward(_unshifted(forward), subject.point).arrays
    except ValueError:
        return _must_raise(subject)
    return _beside(subject, unshifted)


def _unshifted(forward: Program) -> Program:
    """The forward with 0 for each shift, which is constant by what the stability rules proved."""
    lines = []
    for line in forward.assignments:
        shift = line.constant and any(isinstance(n, nodes.Reduce) for n in walk(line.value))
        lines.append(replace(line, value=nodes.ZERO) if shift else line)
    return replace(forward, assignments=tuple(lines))


def _beside(subject: Subject, wanted: dict[str, Array]) -> list[str]:
    """What is wrong with the value beside that of a forward, and gradients of an empty value."""
    y, gradients, _ = subject.run()
    wrong = differences(subject.program.output, subject.point, y, wanted)
    if np.size(y) == 0:  # nothing depends on the inputs
        outputs = subject.derived.backward.outputs
        sizes = subject.point.sizes
        zeros = {o.tensor.name: np.zeros(sizes.tensor_shape(o.tensor.dims)) for o in outputs}
        for output, gradient in zip(outputs, gradients, strict=True):
            wrong += differences(output, subject.point, gradient, zeros)
    return wrong


def _must_raise(subject: Subject) -> list[str]:
    try:
        subject.run()
    except ValueError:
        return []
    return [f"a value is returned at {subject.point.sizes}, where the written forward has none"]


def _length_one(subject: Subject) -> Finding | str:
    """Every dim has length 1."""
    sizes = Sizes({d.name: 1 for d in free_dims(subject.program)})
    if not sizes.lengths or not fits(subject.program, sizes):
        return ABSENT
    at = subject.at(draw(subject.program, sizes, subject.rng, subject.point.drawn))
    return Finding(str(sizes), tuple(at.complaints()))


def _scalar(subject: Subject) -> Finding | str:
    """No batch dims at all; for an elementwise operator the input is a scalar."""
    if all(d.name != BATCH for d in subject.program.dims):
        return ABSENT
    sizes = Sizes(subject.point.sizes.lengths, ())
    at = subject.at(draw(subject.program, sizes, subject.rng, subject.point.drawn))
    return Finding(str(sizes), tuple(at.complaints()))


def _ties(subject: Subject) -> Finding | str:
    """Inputs on a coarse grid, the first row of zeros, so that maxima tie and kinks are hit: the
    convention holds; and where the whole is smooth the gradient is its slope.
    """
    if is_smooth(subject.program):
        return ABSENT
    tensors = dict(subject.point.tensors)
    for argument in subject.program.arguments:
        if argument.tensor.domain.is_whole_line:
            shape = tensors[argument.tensor.name].shape
            grid = subject.rng.integers(-1, 2, shape) * 1.0
            if grid.ndim:
                grid[:1] = 0.0
            tensors[argument.tensor.name] = grid
    at = subject.at(replace(subject.point, tensors=tensors))
    complaints = at.complaints(limits=limits) + against_both_sides(subject)
    tried = "real inputs drawn from -1, 0, 1, and zeros; slopes from both sides of a kink"
    return Finding(tried, tuple(complaints))


def is_smooth(program: Program) -> bool:
    """True where no maximum, comparison of values or function with a kink occurs."""
    lines = with_kinks(program).assignments
    return not any(a.kink or any(map(_kinked, walk(a.value))) for a in lines)


def _kinked(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Reduce):
        return node.op in ("max", "min")
    if isinstance(node, nodes.Bracket):
        return any(not t.domain.is_label for t in node.tensors)
    return isinstance(node, nodes.Call) and not FUNCTIONS[node.function].smooth


def _integers(subject: Subject) -> Finding | str:
    """Integers give the values of the same numbers as float64, in the dtype of NumPy's rules."""
    program = subject.program
    reals = list(program.inputs)
    few = [a.tensor.name for a in reals if not _wholes(a)]
    if few:
        return f"{', '.join(few)} may hold no integers"
    drawn = {a.tensor.name: _whole(a, subject) for a in reals}
    tensors = {**subject.point.tensors, **drawn}
    at = subject.at(replace(subject.point, tensors=tensors))
    y, residuals = subject.kernel.fwd(*at.point.inputs(program, np.int64))
    gradients = subject.kernel.bwd(residuals, at.point.real_cotangent(program))
    expected, expected_gradients, _ = at.run()
    names = ("the output", *(f"d{a.tensor.name}" for a in program.inputs))
    results = zip(names, (y, *gradients), (expected, *expected_gradients), strict=True)
    wrong = (name for name, got, want in results if not _same(got, want))
    return Finding("int64", tuple(f"{name} differs from that of float64" for name in wrong))


def _same(got: Array, want: Array) -> bool:
    return bool(np.allclose(got, want, rtol=RELATIVE, atol=CANCELLED, equal_nan=True))


def _whole(argument: Argument, subject: Subject) -> Array:
    shape = subject.point.tensors[argument.tensor.name].shape
    return subject.rng.choice(_wholes(argument), shape)


def _wholes(argument: Argument) -> list[int]:
    """Small integers that an argument may hold."""
    return [k for k in range(-3, 5) if argument.tensor.domain.holds(k)]


def _labels(subject: Subject) -> Finding | str:
    """Labels below zero or not below their bound are refused."""
    complaints, tried = [], []
    for argument in subject.program.arguments:
        if not argument.tensor.domain.is_label or argument.tensor.domain.is_mask:
            continue
        sizes = subject.point.sizes
        if not (isinstance(below := argument.tensor.domain.below, int) or below in sizes.lengths):
            continue  # below a dim that no argument has: no code can tell
        for bad in (-1, argument.tensor.domain.bound(sizes.lengths)):
            labels = np.array(subject.point.tensors[argument.tensor.name])
            labels[(0,) * labels.ndim] = bad
            tried.append(f"{argument.tensor.name}={bad}")
            try:
                subject.moved(argument.tensor.name, labels).run()
            except (ValueError, IndexError) as error:
                if not re.search(rf"\b{re.escape(argument.tensor.name)}\b", str(error)):
                    complaints.append(
                        f"{tried[-1]} is refused without naming the argument: {error}"
                    )
            else:
                complaints.append(f"{tried[-1]} is not refused")
    return Finding(", ".join(tried), tuple(complaints)) if tried else ABSENT


EDGES: Mapping[str, Edge] = {
    "edge: some -inf": _planted(-np.inf, rows=False),
    "edge: a row of only -inf": _planted(-np.inf, rows=True),
    "edge: +inf": _planted(np.inf, rows=False),
    "edge: NaN": _planted(np.nan, rows=False),
    "edge: empty axes": _empty,
    "edge: axes of length 1": _length_one,
    "edge: no batch dims": _scalar,
    "edge: ties and kinks": _ties,
    "edge: integer input": _integers,
    "edge: labels out of range": _labels,
}
