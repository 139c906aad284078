"""Σ, max, min and Π as array nodes: reductions, dot products, running sums; contractions beside."""

from __future__ import annotations

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import factor_order, factors_of
from ..schedule.shapes import (
    Running,
    contracted_terms,
    inverse_lengths,
    is_contraction,
    mean_parts,
    running,
)
from .axes import Axes, merge
from .contractions import contraction, vector_matrix
from .lowering import Lowering
from .nodes import (
    INTEGER,
    REAL,
    TRUTH,
    Array,
    Choice,
    Dot,
    GuardedQuotient,
    Reduction,
    RunningSum,
    elementwise,
    minus,
    walk,
)

_OF_TRUTHS = {"max": "any", "min": "all"}


def reduction(low: Lowering, expr: nodes.Reduce, frame: Axes) -> Array:
    """A reduction, in the form that reads best and runs fast."""
    absent = [b for b in expr.bound if b not in expr.args[0].free]
    if absent:
        return _broadcast(low, expr, absent, frame, expr.op)
    if is_contraction(expr):
        found = contraction(low, expr, frame)
        if found is not None:
            return found
    terms = contracted_terms(expr)
    if terms:  # each is summed by itself, so that none is written out over all of its indices
        return low.lower(nodes.add(*(nodes.sum_(expr.bound, t) for t in terms)), frame)
    product = vector_matrix(low, expr)
    if product is not None:
        return product
    partial = running(expr)
    if partial is not None:
        return _running_sum(low, partial, frame)
    return _over_axes(low, expr, frame, expr.op)


def _running_sum(low: Lowering, partial: Running, frame: Axes) -> Array:
    """The running sum along one axis, from the end where the sum runs backwards."""
    inner = tuple(partial.bound if a == partial.index else a for a in frame)
    if partial.bound not in inner:
        inner = merge([low.pattern(partial.body)])
    body = low.real(partial.body, inner)
    place = body.axes.index(partial.bound) - len(body.axes)
    axes = tuple(partial.index if a == partial.bound else a for a in body.axes)
    return RunningSum(body, place, partial.backwards, axes=axes)


def mean(low: Lowering, expr: Expr, frame: Axes) -> Array | None:
    """`Σ body / size` as a mean, after the rest of its product; None where there is no mean."""
    parts = mean_parts(expr)
    if parts is None or is_contraction(parts[0]):
        return None
    total, rest = parts
    if _dot_operands(total) is not None and low.pattern(total.args[0])[-1:] == total.bound:
        return None  # a dot product divided by the length makes no temporary array
    found = _over_axes(low, total, frame, "mean")
    if rest is nodes.ONE:
        return found
    count, others = nodes.coefficient(rest)
    if count == -1 and others is nodes.ONE:
        return minus(found)
    return elementwise("multiply", low.lower(rest, frame), low.aligned(found, frame))


def _over_axes(low: Lowering, expr: nodes.Reduce, frame: Axes, function: str) -> Array:
    """The reduction over axes, which stay with length one where the frame has them so."""
    inner, keep = _inner_frame(low, expr, frame)
    body = low.lower(expr.args[0], inner)
    absent = [b for b in expr.bound if b not in body.axes]
    if absent:
        return _broadcast(low, expr, absent, frame, function)
    operands = _dot_operands(expr)
    if operands and function == "sum" and body.axes[-1] == expr.bound[0] and not _chooses(body):
        found = _dot(low, operands, expr.bound[0], inner, keep)
        if found is not None:
            return found
    every = all(a is None or a in expr.bound for a in body.axes) and not (keep and any(frame))
    keep = keep and not every
    extreme = function in ("max", "min")
    kind = body.kind if extreme else REAL
    function = _OF_TRUTHS[function] if extreme and kind == TRUTH else function
    cast = not extreme and body.kind in (TRUTH, INTEGER)
    left = tuple(a for a in body.axes if a not in expr.bound)
    if keep:
        left = tuple(None if a in expr.bound else a for a in body.axes)
    return Reduction(
        function, body, expr.bound, keep, every, low.scope.dtype if cast else None,
        batch=low.scope.batch_rank() if any(b.dim.is_batch for b in expr.bound) else None,
        axes=() if every else left, kind=kind,
    )  # fmt: skip


def _chooses(body: Array) -> bool:
    """True where what is not chosen must not be multiplied."""
    return any(isinstance(n, (Choice, GuardedQuotient)) for n in walk(body))


def _inner_frame(low: Lowering, expr: nodes.Reduce, frame: Axes) -> tuple[Axes, bool]:
    """The frame of the body, and whether the reduced axes stay with length one."""
    body = expr.args[0]
    pattern = low.pattern(body)
    wanted = [a for a in frame if a in body.free]
    missing = tuple(a for a in expr.bound if a not in pattern)
    inner = merge([pattern, tuple(wanted)]) if wanted else pattern
    inner = tuple(a for a in inner if a is None or a in wanted or a in expr.bound) + missing
    trailing = any(
        a in wanted for a in inner[: max((inner.index(b) for b in expr.bound), default=0)]
    )
    slots = tuple(None if a in expr.bound else a for a in inner)
    fits = len(slots) <= len(frame) and all(
        s == f or s is None for s, f in zip(reversed(slots), reversed(frame), strict=False)
    )
    return inner, fits and trailing


def _broadcast(
    low: Lowering, expr: nodes.Reduce, absent: list[Index], frame: Axes, function: str
) -> Array:
    """A reduction over an index that the body does not have: a factor, a power, or nothing."""
    rest = nodes.reduce_(expr.op, [b for b in expr.bound if b not in absent], expr.args[0])
    if function == "mean":
        return _mean_or_itself(low, rest, frame)
    count = nodes.mul(*(nodes.size(b.dim) for b in absent))
    if expr.op in ("max", "min"):
        return low.lower(rest, frame)
    if expr.op == "prod":
        base = low.lower(rest, frame)
        return elementwise("power", base, low.lower(count, ()), kind=base.kind)
    return low.lower(nodes.mul(count, rest), frame)


def _mean_or_itself(low: Lowering, rest: Expr, frame: Axes) -> Array:
    """What is left of a mean over axes some of which the body lacks."""
    if isinstance(rest, nodes.Reduce):
        return low.lower(nodes.mul(rest, *inverse_lengths(rest)), frame)
    return low.lower(rest, frame)


def _dot_operands(expr: nodes.Reduce) -> tuple[list[Expr], list[Expr]] | None:
    """The two sides of a dot product along one index: Σ_j a_j b_j or Σ_j a_j²."""
    if expr.op != "sum" or len(expr.bound) != 1:
        return None
    factors = sorted(factors_of(expr.args[0]), key=factor_order)
    if not all(expr.bound[0] in f.free for f in factors):
        return None
    if any(isinstance(n, (nodes.Bracket, nodes.Delta)) for f in factors for n in (f, *f.args)):
        return None
    base, exponent = nodes.base_exp(factors[0])
    if len(factors) == 1:
        square = isinstance(base, nodes.Ref) and exponent is nodes.num(2)
        return ([base], [base]) if square else None
    exponents = [nodes.base_exp(f)[1] for f in factors]
    if any(isinstance(e, nodes.Num) and e.value < 0 for e in exponents):
        return None
    return [factors[0]], factors[1:]


def _dot(low: Lowering, operands: tuple[list[Expr], list[Expr]], over: Index, inner: Axes,
         keep: bool) -> Array | None:  # fmt: skip
    left, right = (low.lower(nodes.mul(*side), inner) for side in operands)
    if any(side.axes[-1:] != (over,) or side.kind != REAL for side in (left, right)):
        return None
    axes = merge([left.axes, right.axes])
    return Dot(left, right, keep, axes=(*axes[:-1], None) if keep else axes[:-1])
