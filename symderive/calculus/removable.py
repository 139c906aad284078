"""Single points that the author filled in: where(x = 0, 1, (e^x - 1) / x) has the slope ½ at 0.

The value at the point stays. Its slope is that of the other branch where that goes on to the point:
by the first two terms of its series there, which take the place of the value for derivatives. Where
there is no such series, or it begins with another value, the branch that holds is differentiated.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ..index import nodes
from ..index.functions import SIDED, is_nonnegative
from ..index.nodes import ONE, ZERO, Expr, Ref, Tensor, num
from ..index.places import is_whole
from ..index.terms import terms
from ..index.walk import substitute, transform, walk
from ..program import Assignment, Program
from .check import Point
from .expansion import STEP, NoSeries, divides_by_nothing, expansion
from .normal import TooLarge, normal
from .supports import has_pole
from .zeros import zeros

MOST_NODES = 300  # of a branch with its names written out
SAME = 1e-6  # relative: what an author's rounded number for the point may be off by


def with_points_filled(program: Program) -> Program:
    """The program whose values at single points that continue what is around have its slope."""
    differentiated = [a for a in program.assignments if not a.constant]
    if not any(_tells_apart(n) for a in differentiated for n in walk(a.differentiated)):
        return program
    filling = _Filling(program)
    lines = (a if a.constant else filling.line(a) for a in program.assignments)
    return replace(program, assignments=tuple(lines))


def _points(node: Expr) -> list[tuple[Expr, Expr]]:
    """The pairs of values that an expression tells apart by = or ≠, in order; those that move with
    a bound index belong to what is summed.
    """
    found = (n for n in walk(node) if _tells_apart(n) and n.free <= node.free)
    return sorted({_sides(n) for n in found})


def _tells_apart(node: Expr) -> bool:
    """True for [a = b], δ(a, b) and [a ≠ b] of values, and for [|a| > 0], [0 ≥ a²]."""
    if not isinstance(node, (nodes.Bracket, nodes.Delta)):
        return False
    relation = getattr(node, "relation", "eq")
    first, second = node.args if relation != "ge" else node.args[::-1]
    least = second is ZERO and is_nonnegative(first)
    told = relation in ("eq", "ne") or least
    return told and bool(node.tensors) and not all(map(is_whole, node.args))


def _sides(node: Expr) -> tuple[Expr, Expr]:
    """What is compared, in one order."""
    first, second = sorted(node.args, key=lambda e: (isinstance(e, nodes.Num), e))
    return first, second


def _holds(node: Expr) -> Expr:
    """What a comparison is where both sides are the same."""
    return ZERO if getattr(node, "relation", "") in ("ne", "gt") else ONE


def _bare(form: Expr) -> Expr:
    """x for |x| and x², which are 0 where x is."""
    if isinstance(form, nodes.Call) and form.function == "abs":
        return _bare(form.args[0])
    base, exponent = nodes.base_exp(form)
    whole = isinstance(exponent, nodes.Num) and exponent.value > 0
    return _bare(base) if whole and base is not form else form


@dataclass(frozen=True)
class _Place:
    """`variable` = `value`, with names written out but for that of the variable."""

    variable: Ref
    value: Expr


class _Filling:
    """The slopes at single points of one program."""

    def __init__(self, program: Program) -> None:
        self.all = {a.tensor: a for a in program.assignments}
        self.lines = {t: a for t, a in self.all.items() if not a.constant}
        self.point = Point(program)

    def line(self, line: Assignment) -> Assignment:
        """The line, to be differentiated with the slopes of what is around its single points."""
        value = self._filled(line.differentiated)
        return line if value is line.differentiated else replace(line, sided=value)

    def _filled(self, value: Expr) -> Expr:
        members, filled = list(terms(value)), list[Expr]()
        for pair in _points(value):
            own = [t for t in members if any(_is_of(n, pair) for n in walk(t))]
            there = nodes.add(*(_decided(t, pair, at=True) for t in own))
            around = nodes.add(*(_decided(t, pair, at=False) for t in own))
            slope = self._continued(there, around, pair) if around is not ZERO else None
            if slope is not None:
                beside = nodes.bracket("ne", *pair)
                members = [t for t in members if t not in own]
                members += [nodes.mul(beside, t) for t in terms(around)]
                filled.append(nodes.bracket("eq", *pair) * nodes.call(SIDED, there, slope))
        return nodes.add(*filled, *(transform(t, self._inside) for t in members))

    def _inside(self, node: Expr) -> Expr | None:
        if not isinstance(node, nodes.Reduce):
            return None
        return nodes.reduce_(node.op, node.bound, self._filled(node.args[0]))

    def _continued(self, there: Expr, around: Expr, pair: tuple[Expr, Expr]) -> Expr | None:
        """The first two terms of what is around a place, if it goes on to the value there."""
        for place in self._places(pair):
            try:
                found = expansion(self._beside(around, place))
                value, slope = found.at(0), found.at(1)
            except (NoSeries, TooLarge):
                continue
            if self._is_met(place, value) or self._is_met(place, slope):
                continue
            known = self._at(there, place)
            if place.variable.tensor in known.tensors or not self._goes_on(value, known, place):
                continue
            if slope is ZERO and normal(value - known) is ZERO and not known.tensors:
                return None  # the value itself has that slope
            moved = nodes.call(SIDED, ZERO, place.variable - place.value)
            return value + slope * moved
        return None

    def _places(self, pair: tuple[Expr, Expr]) -> Iterator[_Place]:
        """The difference solved for an element that it is linear in: as it stands, and with its
        names written out.
        """
        difference = nodes.add(pair[0], -pair[1])
        for form in dict.fromkeys((difference, self._written(difference))):
            parts = terms(normal(_bare(form)))
            for part in parts:
                count, rest = nodes.coefficient(part)
                others = nodes.add(*(t for t in parts if t is not part))
                if isinstance(rest, Ref) and not (
                    rest.tensor in others.tensors or rest.tensor.domain.is_label
                ):
                    yield _Place(rest, normal(nodes.mul(num(-1 / count), others)))

    def _written(self, expr: Expr, place: _Place | None = None) -> Expr:
        """The expression with its names written out; those that a place has no part in, and its
        variable, stay names.
        """
        known: dict[Expr, Expr] = {}
        moved = self._moved_by(place) if place else self.lines.keys()
        variable = place.variable if place else None

        def leaf(node: Expr) -> Expr | None:
            if not isinstance(node, Ref) or node is variable or node.tensor not in moved:
                return None
            if node not in known:
                line = self.lines[node.tensor]
                value = substitute(line.value, dict(zip(line.indices, node.args, strict=True)))
                known[node] = transform(value, leaf)
            return known[node]

        return transform(expr, leaf)

    def _moved_by(self, place: _Place) -> Container[Tensor]:
        """The names of what depends on the variable of a place, on what that is made of or is the
        size of, or on what its value is made of.
        """
        gone = zeros(place.variable, self.all) or ()
        found = {place.variable.tensor, *place.value.tensors, *(z.element.tensor for z in gone)}
        found |= self._written(place.variable).tensors  # a name would hide that log b has a pole
        for tensor, line in self.lines.items():
            if not found.isdisjoint(line.value.tensors):
                found.add(tensor)
        return found & self.lines.keys()

    def _beside(self, around: Expr, place: _Place) -> Expr:
        """What is around a place, a step away from it: no equality holds that holds there."""
        away = place.value + STEP[()]

        def leaf(node: Expr) -> Expr | None:
            if node is place.variable:
                return away
            if _tells_apart(node):
                left, right = (transform(a, leaf) for a in node.args)
                if STEP in (left - right).tensors:
                    return ONE - _holds(node)
            return None

        found = transform(self._written(around, place), leaf)
        if (
            place.variable.tensor in found.tensors
            or len(list(islice(walk(found), MOST_NODES))) == MOST_NODES
        ):
            raise NoSeries  # a sum over the variable moves with it
        return found

    def _is_met(self, place: _Place, term: Expr) -> bool:
        """True for a pole in what the variable is made of: y = b^p is 0 where log b is infinite."""
        there = self._cleared(place, term)
        if there is not None:
            return divides_by_nothing(there)
        own = self._written(place.variable).tensors
        return any(has_pole(n) and not own.isdisjoint(n.tensors) for n in walk(term))

    def _cleared(self, place: _Place, term: Expr) -> Expr | None:
        """A term where a size is 0, and so all that it is the size of; None where it is no size."""
        gone = zeros(place.variable, self.all) if place.value is ZERO else None
        if gone is None:
            return None
        return transform(term, lambda n: ZERO if any(z.covers(n) for z in gone) else None)

    def _at(self, there: Expr, place: _Place) -> Expr:
        written = self._written(there, place)
        return transform(written, lambda n: place.value if n is place.variable else None)

    def _goes_on(self, value: Expr, known: Expr, place: _Place) -> bool:
        """True for one value, but for the digits of a number that the author wrote; where a size is
        0, what it is the size of is.
        """
        left, right = (self._cleared(place, e) or e for e in (value, known))
        if normal(left - right) is ZERO:
            return True
        axes = tuple(sorted(left.free | right.free))
        with np.errstate(all="ignore"):
            found, wanted = (self.point.evaluator(e, axes) for e in (left, right))
        return bool(np.allclose(found, wanted, rtol=SAME, atol=SAME))


def _is_of(factor: Expr, pair: tuple[Expr, Expr]) -> bool:
    return _tells_apart(factor) and _sides(factor) == pair


def _decided(term: Expr, pair: tuple[Expr, Expr], at: bool) -> Expr:
    """A term where the pair is the same, or is not."""

    def leaf(node: Expr) -> Expr | None:
        if not _is_of(node, pair):
            return None
        return _holds(node) if at else ONE - _holds(node)

    return transform(term, leaf)
