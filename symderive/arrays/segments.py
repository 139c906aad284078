"""Terms that brackets confine to a stretch of one axis, as slices: `dx[..., 1:] += dy`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..index import nodes
from ..index.dims import Dim, Index, unused_index
from ..index.functions import is_nonnegative
from ..index.nodes import Expr
from ..index.text import factors_of, term_order
from ..index.walk import substitute, transform, walk
from .axes import Axes
from .lines import AddSlice
from .lowering import Lowering
from .moves import Concatenated, Filled
from .nodes import ALL, LEADING, ZERO, Array, Item, Span, number


@dataclass(frozen=True)
class Segment:
    """`value` for `low ≤ index < high`, and 0 elsewhere."""

    index: Index
    low: Expr
    high: Expr
    value: Expr

    @property
    def is_whole(self) -> bool:
        """True where it is the whole axis."""
        return self.low is nodes.ZERO and self.high is nodes.size(self.index.dim)


def expand(expr: Expr) -> Expr:
    """Index arithmetic with its products of a number and a sum carried out, so that it folds."""

    def leaf(node: Expr) -> Expr | None:
        if (
            isinstance(node, nodes.Mul)
            and len(node.args) == 2
            and isinstance(node.args[1], nodes.Add)
        ):
            count, terms = node.args
            return nodes.add(*(expand(count * t) for t in terms.args))
        return None

    return transform(expr, leaf)


def segments(value: Expr) -> tuple[Expr, list[Segment]] | None:
    """The unconfined part and the segments of a sum, along one axis; None where there are none."""
    terms = sorted(value.args, key=term_order) if isinstance(value, nodes.Add) else [value]
    found = [_segment(t) for t in terms]
    pairs = list(zip(terms, found, strict=True))
    whole = {t: s.value for t, s in pairs if s is not None and s.is_whole}
    confined = [s for s in found if s is not None and not s.is_whole]
    if not (confined or whole) or len({s.index for s in confined}) > 1:
        return None
    free = [t for t, s in pairs if s is None]
    return nodes.add(*free, *whole.values()), confined


def _segment(term: Expr) -> Segment | None:
    kept: list[Expr] = []
    index: Index | None = None
    lows: list[Expr] = [nodes.ZERO]
    highs: list[Expr] = []
    for factor in factors_of(term):
        bounds = _bounds(factor)
        if bounds is None:
            kept.append(factor)
            continue
        if index not in (None, bounds[0]):
            return None
        index = bounds[0]
        lows += [] if bounds[1] is None else [bounds[1]]
        highs += [] if bounds[2] is None else [bounds[2]]
    if index is None:
        return None
    length = nodes.size(index.dim)
    low, negative = _largest(lows), _largest([expand(-h) for h in (*highs, length)])
    if low is None or negative is None:
        return None
    high = expand(-negative)
    left = expand(length - low)
    inside = is_nonnegative(low) or (isinstance(left, nodes.Num) and left.value >= 0)
    certain = inside and is_nonnegative(expand(length - high))
    return Segment(index, low, high, nodes.mul(*kept)) if certain else None


def _largest(values: list[Expr]) -> Expr | None:
    """The largest of several bounds; None where that depends on the sizes."""
    for value in values:
        if all(_is_least(expand(value - other)) for other in values):
            return value
    return None


def _is_least(difference: Expr) -> bool:
    """True for what is certainly not negative."""
    if isinstance(difference, nodes.Num):
        return difference.value >= 0
    return is_nonnegative(difference)


def _bounds(factor: Expr) -> tuple[Index, Expr | None, Expr | None] | None:
    """The index of a bracket, and the low or high bound (or both) that it sets."""
    if (
        not isinstance(factor, (nodes.Bracket, nodes.Delta))
        or len(factor.free) != 1
        or factor.tensors
        or any(isinstance(n, nodes.Mod) for n in walk(factor))
    ):
        return None
    (index,) = factor.free
    gap = expand(factor.args[0] - factor.args[1])
    offset = expand(substitute(gap, {index: nodes.ZERO}))
    slope = expand(expand(substitute(gap, {index: nodes.ONE})) - offset)
    relation = factor.relation if isinstance(factor, nodes.Bracket) else "eq"
    if relation == "ne":
        return None
    strict = nodes.ONE if relation == "gt" else nodes.ZERO
    if relation == "eq" and slope in (nodes.ONE, nodes.MINUS_ONE):
        place = expand(-slope * offset)
        return index, place, place + 1
    if slope is nodes.ONE:
        return index, expand(strict - offset), None
    if slope is nodes.MINUS_ONE:
        return index, None, expand(offset + 1 - strict)
    return None


def assigned(
    low: Lowering, parts: list[Segment], frame: Axes, fresh: bool
) -> tuple[AddSlice, ...] | None:
    """The updates that put the segments into an array; None where one has no length to name."""
    found: list[AddSlice] = []
    for part in parts:
        first = fresh and not found
        count, _ = nodes.coefficient(part.value)
        minus = count < 0 and not first
        value = _value(low, replace(part, value=-part.value) if minus else part, frame)
        if value is None:
            return None
        sign = "set" if first else "subtract" if minus else "add"
        found.append(AddSlice(sign, _items(low, part, frame), value))
    return tuple(found)


def padded(low: Lowering, part: Segment, frame: Axes) -> Array | None:
    """A segment with zeros before and behind it, as long as the axis."""
    value = _value(low, part, frame)
    if value is None or not _fills(value.axes, frame, part.index):
        return None
    behind = expand(nodes.size(part.index.dim) - part.high)
    before, after = (
        () if width is nodes.ZERO else (_zeros(low, part, width, frame),)
        for width in (part.low, behind)
    )
    values = (*before, value, *after)
    return Concatenated(values, frame.index(part.index) - len(frame), axes=frame)


def _zeros(low: Lowering, part: Segment, width: Expr, frame: Axes) -> Array:
    """Zeros along the frame, of another width where the segment's axis is."""
    shape = tuple(
        low.lower(width, ()) if a == part.index else number(1) if a is None else low.length(a)
        for a in frame
    )
    return Filled(ZERO, "", shape, low.scope.dtype, axes=frame)


def concatenated(low: Lowering, value: Expr, frame: Axes) -> Array | None:
    """Segments that lie end to end over the whole axis."""
    found = segments(value)
    if found is None or found[0] is not nodes.ZERO or len(found[1]) < 2:
        return None
    index = found[1][0].index
    chain: list[Segment] = []
    reached: Expr = nodes.ZERO
    starts = {part.low: part for part in found[1]}
    while reached in starts:
        chain.append(starts.pop(reached))
        reached = chain[-1].high
    if starts or reached is not nodes.size(index.dim) or len(chain) != len(found[1]):
        return None
    arrays = [_value(low, part, frame) for part in chain]
    for array, part in zip(arrays, chain, strict=True):
        short = expand(part.high - part.low) is not nodes.ONE  # only a stretch of one may lack it
        if array is None or not _fills(array.axes, frame, index) or (short and None in array.axes):
            return None
    values = tuple(a for a in arrays if a is not None)
    return Concatenated(values, frame.index(index) - len(frame), axes=frame)


def _fills(axes: Axes, frame: Axes, index: Index) -> bool:
    """True where an array has every axis of the frame, but perhaps the index with length one."""
    return len(axes) == len(frame) and all(
        a is not None or f in (None, index) for a, f in zip(axes, frame, strict=True)
    )


def _value(low: Lowering, part: Segment, frame: Axes) -> Array | None:
    """The value of a segment, over an index of its own."""
    if part.index not in frame:
        return None
    width = expand(part.high - part.low)
    if width is nodes.ONE:
        value = substitute(part.value, {part.index: part.low})
        where: Axes = tuple(None if a == part.index else a for a in frame)
    else:
        extent = _extent(width)
        if extent is None:
            return None
        length = int(width.value) if isinstance(width, nodes.Num) else None
        within = Dim(".width", length, () if length is not None else extent)
        inner = unused_index(within, {*part.value.free, *frame})  # segments may lie in segments
        value = substitute(part.value, {part.index: nodes.idx(inner) + part.low})
        where = tuple(inner if a == part.index else a for a in frame)
    return low.aligned(low.real(value, where), where)


def _extent(width: Expr) -> tuple[tuple[str, int], ...] | None:
    """A length as the linear form that a dim may have."""
    form: list[tuple[str, int]] = []
    for term in width.args if isinstance(width, nodes.Add) else (width,):
        count, rest = nodes.coefficient(term)
        if count.denominator != 1 or not (rest is nodes.ONE or isinstance(rest, nodes.Size)):
            return None
        form.append((rest.dim.name if isinstance(rest, nodes.Size) else "", int(count)))
    return tuple(sorted(form))


def _items(low: Lowering, part: Segment, frame: Axes) -> tuple[Item, ...]:
    """The slice among the axes of the array."""
    begin = None if part.low is nodes.ZERO else low.lower(part.low, ())
    over = expand(part.high - nodes.size(part.index.dim))
    if over is nodes.ZERO:
        end: Array | None = None
    elif isinstance(over, nodes.Num):
        end = number(int(over.value))
    else:
        end = low.lower(part.high, ())
    items: list[Item] = [LEADING if a is not None and a.dim.is_batch else ALL for a in frame]
    items[frame.index(part.index)] = Span(begin, end)
    return tuple(items)
