"""Sums that put values at labelled places: `Σ_b δ(i, t_b) f_b`."""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import factors_of
from .axes import Axes
from .lines import AddAt
from .lowering import Lowering


@dataclass(frozen=True)
class Scatter:
    """`Σ δ(index, label) value` over all the indices of the label."""

    index: Index
    label: nodes.Ref
    value: Expr


def scattered(expr: Expr) -> Scatter | None:
    """The expression as values at labelled places, or None."""
    outside = list(factors_of(expr))
    sums = [f for f in outside if isinstance(f, nodes.Reduce) and f.op == "sum"]
    if len(sums) != 1:
        return None
    total = sums[0]
    for factor in factors_of(total.args[0]):
        found = _place(factor)
        if found is None:
            continue
        index, label = found
        inside = [f for f in factors_of(total.args[0]) if f is not factor]
        value = nodes.mul(*inside, *(f for f in outside if f is not total))
        if label.free == frozenset(total.bound) and index not in value.free:
            return Scatter(index, label, value)
    return None


def _place(factor: Expr) -> tuple[Index, nodes.Ref] | None:
    if not isinstance(factor, nodes.Delta):
        return None
    label, index = sorted(factor.args, key=lambda a: isinstance(a, nodes.Idx))
    if (
        isinstance(index, nodes.Idx)
        and isinstance(label, nodes.Ref)
        and label.tensor.domain.is_label
    ):
        return index.index, label
    return None


def add_at(low: Lowering, found: Scatter, frame: Axes) -> AddAt | None:
    """The update that adds the values to zeros, or None where the labels' axes are apart
    or a label may lie beyond the axis."""
    if found.index not in frame or not low.scope.is_within(found.label, found.index.dim):
        return None  # in a part of an axis, a label beyond the part has no place
    place = frame.index(found.index)
    labels = low.lower(found.label, low.pattern(found.label))
    if any(a is not None and a.dim.is_batch for a in (*frame, *labels.axes)) or None in labels.axes:
        return None
    inner = (*frame[:place], *labels.axes, *frame[place + 1 :])
    return AddAt(place, labels, low.real(found.value, inner))
