"""Procedure → the lines of an array program, each with the mathematics that it computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

from ..index import nodes
from ..index.dims import Dim, Index
from ..index.nodes import Expr, Tensor
from ..index.text import mathematics
from ..index.walk import refs, walk
from ..program import Output
from ..schedule import Procedure, Schedule, Statement
from ..schedule.shapes import is_contraction, is_plain
from .axes import Axes, Layout, fits, layout_of, merge
from .boundary import split
from .elementwise import LOWER
from .labelled import at_labels_alone, set_at_labels
from .lines import Line, ZeroWhereInfinite
from .lowering import Lowering
from .moves import Copied, Filled
from .nodes import (
    NUMBER,
    REAL,
    TRUTH,
    ZERO,
    Array,
    Choice,
    Constant,
    Held,
    Reduction,
    changed,
    elementwise,
    minus,
    number,
)
from .scatter import add_at, scattered
from .scope import Scope
from .segments import assigned, concatenated, padded, segments
from .shifts import guarded
from .stacks import stacked

VECTOR = (Index(Dim("n")),)  # a sum over n says j, also where i is not in use


def lines_of(procedure: Procedure, scope: Scope, known: Mapping[str, Layout]) -> list[Line]:
    """The statements as lines; `known` tells how the forward laid out what it saved."""
    for argument in procedure.arguments:
        name = argument.tensor.name
        scope.layouts[name] = known.get(name, split(argument.layout))
        if argument.tensor.domain.is_label:
            scope.labels |= {name}
    lines: list[Line] = []
    results = {o.tensor: o for o in procedure.results}
    low = Lowering(scope, LOWER)
    for place, statement in enumerate(procedure.statements):
        later = procedure.statements[place + 1 :]
        if lines and lines[-1].name == statement.name:  # a shift, which its maximum made as well
            continue
        frame = _frame(low, statement, results.get(statement.tensor), later)
        shift = guarded(statement, later)
        found = [] if shift is None else _shift(low, statement, shift, frame)
        found = found or _in_parts(low, statement, frame)
        found = found or [_plain(low, statement, frame, statement.tensor in results)]
        lines += found
        scope.layouts[found[-1].name] = layout_of(frame)
    return lines


def _plain(low: Lowering, statement: Statement, frame: Axes, is_result: bool) -> Line:
    """The value, and what is then set at labels."""
    labelled = set_at_labels(low, statement, frame) if low.scope.library.updates else None
    value, after = (labelled[0], (labelled[1],)) if labelled else (statement.value, ())
    array = low.real(value, frame)
    whole = _whole(low, statement, array, frame)
    if not frame and array.kind == NUMBER and is_result:
        whole = _filled(low, array, frame)  # a plain number has no dtype
    return Line(statement.name, whole, explained(statement.value), statement.equation, after)


def _in_parts(low: Lowering, statement: Statement, frame: Axes) -> list[Line]:
    """A value of which parts are put in place, where the library can do so."""
    if not low.scope.library.updates:
        line = _padded(low, statement, frame)
    else:
        line = _scatter(low, statement, frame) or _stretches(low, statement, frame)
    return [] if line is None else [line]


def _shift(low: Lowering, extreme: Statement, shift: Statement, frame: Axes) -> list[Line]:
    """`m = x.max(...)`, and 0 where that is infinite: also where the axis is empty. Nothing for
    truth values and whole numbers, which are not."""
    array = low.lower(extreme.value, frame)
    if array.kind != REAL:
        return []
    note = explained(extreme.value)
    if not low.scope.library.updates:
        held = Held(shift.name, axes=frame)
        infinite = elementwise("isinf", held, kind=TRUTH)
        finite = Choice(infinite, ZERO, held, axes=frame)
        return [
            Line(shift.name, array, note, extreme.equation),
            Line(shift.name, finite, "where finite, else 0", shift.equation),
        ]
    first = True

    def leaf(node: Array) -> Array | None:
        nonlocal first
        if not first or not isinstance(node, Reduction):
            return None
        first = False
        infinity = Constant("inf")
        return replace(node, initial=minus(infinity) if node.op == "max" else infinity)

    value = changed(array, leaf)
    one = not any(a is None or not a.dim.is_batch for a in frame)
    zero = ZeroWhereInfinite(shift.equation, one)
    return [Line(shift.name, value, note, extreme.equation, (zero,))]


def explained(value: Expr) -> str:
    """The mathematics of a value, "" where the code says the same in the same words."""
    return "" if _is_elementwise(value) else mathematics(value, VECTOR)


def _is_elementwise(expr: Expr) -> bool:
    """True where every array stands as a whole, and no index as a number."""
    if isinstance(expr, nodes.Ref):
        return not expr.args or is_plain(expr)
    if isinstance(expr, (nodes.Reduce, nodes.Idx, nodes.Delta)):
        return False
    return all(map(_is_elementwise, expr.args))


def _scatter(low: Lowering, statement: Statement, frame: Axes) -> Line | None:
    """Zeros, and values added at labelled places."""
    found = scattered(statement.value)
    update = add_at(low, found, frame) if found is not None else None
    if update is None:
        return None
    zeros = _filled(low, ZERO, frame)
    return Line(statement.name, zeros, explained(statement.value), statement.equation, (update,))


def _padded(low: Lowering, statement: Statement, frame: Axes) -> Line | None:
    """What is not confined to a stretch of an axis, and the stretches with zeros around them."""
    found = segments(statement.value)
    if found is None or low.scope.any_axis or not found[1]:
        return None
    base, parts = found
    whole = isinstance(statement.value, nodes.Add) and (
        stacked(low, statement.value, frame) or concatenated(low, statement.value, frame)
    )
    arrays = [] if whole else [padded(low, part, frame) for part in parts]
    if not arrays or any(a is None for a in arrays):
        return None
    terms = [low.aligned(low.real(base, frame), frame)] if base is not nodes.ZERO else []
    value = reduce(lambda a, b: elementwise("add", a, b), [*terms, *(a for a in arrays if a)])
    return Line(statement.name, value, explained(statement.value), statement.equation)


def _stretches(low: Lowering, statement: Statement, frame: Axes) -> Line | None:
    """Zeros, or what is not confined to a stretch of an axis, and the stretches added to it."""
    found = segments(statement.value)
    if found is None or low.scope.any_axis:
        return None
    base, parts = found
    if isinstance(statement.value, nodes.Add) and (
        stacked(low, statement.value, frame) or concatenated(low, statement.value, frame)
    ):
        return None
    updates = assigned(low, parts, frame, fresh=base is nodes.ZERO)
    if updates is None:
        return None
    array = low.aligned(low.real(base, frame), frame)
    start = _filled(low, ZERO, frame)
    if base is not nodes.ZERO:
        whole = array.axes == frame and not isinstance(base, nodes.Ref)
        start = array if whole else elementwise("add", array, start)
    return Line(statement.name, start, explained(statement.value), statement.equation, updates)


def _frame(
    low: Lowering, statement: Statement, result: Output | None, later: tuple[Statement, ...]
) -> Axes:
    """The order of the real axes of what a statement computes."""
    if result is not None:
        return _in_layout(statement, split(result.layout))
    pattern = low.pattern(statement.value)
    plain: Axes = statement.indices
    repeated = len({i.dim for i in statement.indices}) < len(plain)
    contracted = any(is_contraction(n) for n in walk(statement.value))
    if repeated or contracted or {a for a in pattern if a is not None} != set(plain):
        return plain
    if None not in pattern:
        return pattern
    bare = tuple(a for a in pattern if a is not None)
    return pattern if _score(low, statement, pattern, bare, later) > 0 else bare


def _in_layout(statement: Statement, layout: Layout) -> Axes:
    by_dim: dict[Dim, list[Index]] = {}
    for index in statement.indices:
        by_dim.setdefault(index.dim, []).append(index)
    return tuple(None if d is None else by_dim[d].pop(0) for d in layout)


def _score(
    low: Lowering,
    statement: Statement,
    kept: Axes,
    bare: Axes,
    later: tuple[Statement, ...],
    depth: int = 4,
) -> int:
    """How many more uses need no reshaping if axes of length one are kept, also further on."""
    total = 0
    for place, user in enumerate(later):
        total -= at_labels_alone(user.value, statement.tensor)
        around = merge(_other_axes(low, user, statement))
        for ref in filter(is_plain, refs(user.value, statement.tensor)):
            names = dict(zip(statement.indices, _indices(ref), strict=True))
            long, short = (
                tuple(None if a is None else names[a] for a in axes) for axes in (kept, bare)
            )
            total += fits(long, around) - fits(short, around)
            alike = set(user.indices) == set(names.values()) >= set(around)
            if alike and depth:
                total += _score(low, user, long, short, later[place + 1 :], depth - 1)
    return total


def _other_axes(low: Lowering, user: Statement, statement: Statement) -> list[Axes]:
    """The axes of the other arrays that a statement uses, as far as they are known."""
    known = low.scope.layouts
    others = [
        r for r in refs(user.value) if r.tensor != statement.tensor and is_plain(r) and r.args
    ]
    return [low.scope.axes(r) if r.tensor.name in known else _indices(r) for r in others]


def _indices(ref: nodes.Ref) -> tuple[Index, ...]:
    return tuple(a.index for a in ref.args if isinstance(a, nodes.Idx))


def _whole(low: Lowering, statement: Statement, array: Array, frame: Axes) -> Array:
    """The value with all its axes, in memory of its own where it is only another array's name."""
    array = low.aligned(array, frame)
    if array.axes == frame:
        view = isinstance(statement.value, nodes.Ref) and not _is_new(statement.value)
        return Copied(array, axes=frame, kind=array.kind) if view else array
    return _filled(low, array, frame)


def _is_new(expr: nodes.Ref) -> bool:
    """True for elements taken by labels or from around the end, which are a new array already."""
    return any(arg.tensors or isinstance(arg, nodes.Mod) for arg in expr.args)


def _filled(low: Lowering, array: Array, frame: Axes) -> Array:
    """A value that is the same all along some axes."""
    like = low.scope.like(layout_of(frame))
    if like and array.kind != NUMBER:
        return elementwise("add", array, Filled(ZERO, like, axes=frame))
    if like:
        return Filled(array, like, axes=frame)
    shape = tuple(number(1) if a is None else low.length(a) for a in frame)
    kind = REAL if array.kind == NUMBER else array.kind
    return Filled(array, "", shape, low.scope.dtype, axes=frame, kind=kind)


def saved_layouts(plan: Schedule) -> dict[Tensor, Layout]:
    """The axes of each residual: a dim, or None for one of length 1, as array code keeps them."""
    scalars = frozenset(p.tensor.name for p in plan.parameters)
    scope = Scope(scalars=scalars, requires=plan.requires)
    lines_of(plan.forward, scope, {})
    return {t: scope.layouts[t.name] for t in plan.residuals}
