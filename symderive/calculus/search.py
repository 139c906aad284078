"""Find the cheapest equal form: fold, read the program's equations in either direction, factor;
keep what is cheaper.

A search for the cheapest form finds every unsound rule, so a form is checked at a random point
before it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace

from ..index import nodes
from ..index.nodes import ZERO, Expr, Tensor
from ..index.terms import factors, terms
from ..program import Assignment
from .canonical import tidy
from .check import Point
from .cost import Price, Weights, cost
from .denominators import vanishing
from .facts import Fact, Reading
from .fold import fold, match
from .normal import TooLarge, normal
from .present import Presenter
from .relations import Relations

WIDTH = 1  # states kept from round to round
PATIENCE = 2  # rounds without improvement
MOST_ROUNDS = 8
MOST_PRESENTED = 3  # candidates of one round that are written out and priced exactly
MOST_WORK = 400  # terms made in one search: what bounds its time
MOST_SPLIT = 6  # terms: past this a reading is tried on the whole only


@dataclass(frozen=True)
class Move:
    """What led from one form to the next: a rule, and the equation of the program that it used."""

    rule: str
    equation: str
    before: Expr
    after: Expr
    apart: frozenset[Tensor] = frozenset()
    spreads: bool = False  # an equation was solved for a name, which a sum took the place of


@dataclass(frozen=True)
class State:
    """A normal form, how it is written, what that costs, and the moves that led to it."""

    form: Expr
    written: Expr
    price: Price
    path: tuple[Move, ...] = ()
    start: Expr = ZERO


class Search:
    """The search under one program's relations and weights, checked at one random point."""

    def __init__(self, relations: Relations, weights: Weights, point: Point) -> None:
        self.relations, self.weights, self.point = relations, weights, point
        self.bare = weights.bare
        self.presenter = Presenter(weights)
        self.rejected: list[Move] = []

    def hold(self, tensors: Iterable[Tensor]) -> None:
        """From now on these tensors are at hand anyway, because an accepted form reads them."""
        self.weights = self.weights.holding(tensors)
        self.presenter = Presenter(self.weights)

    def know(self, equation: Assignment) -> None:
        """Take in an equation of the backward itself, so that later forms may use its left side."""
        self.relations.add(equation)
        self.point.add(equation)
        self.hold([equation.tensor, *equation.value.tensors])

    def without(self, tensor: Tensor) -> Search:
        """The same search, but for what equations say of one tensor."""
        other = copy(self)
        other.relations = self.relations.without(tensor)
        return other

    def best(self, expr: Expr) -> State:
        """The cheapest equal form found for an expression, which may be the expression itself."""
        return self._accept(expr, self._explore)

    def folded(self, expr: Expr) -> State:
        """The expression or its folded normal form, whichever is cheaper, without reading any
        equation backwards.
        """
        return self._accept(expr, lambda first: first)

    def _accept(self, expr: Expr, explore: Callable[[State], State]) -> State:
        """The cheapest form that holds at the random point; the expression itself always does."""
        expr = tidy(expr)
        for state in self._candidates(expr, explore):
            if state.written.free <= expr.free and self.point.agree(expr, state.written):
                return replace(state, start=expr)
            self.rejected.append(Move("rejected", "", expr, state.written))
        return State(expr, expr, self.presenter.price(expr), start=expr)

    def _candidates(self, expr: Expr, explore: Callable[[State], State]) -> Iterator[State]:
        """What was found, cheapest first: the form that the search ends in, the unexpanded one, and
        then what the search went through, last first.
        """
        gathered = self.presenter.gather(expr)
        plain = State(expr, gathered, self.presenter.price(gathered))
        try:
            start = normal(expr)
        except TooLarge:
            yield plain
            return
        first = self._state(start, (Move("normalise", "", expr, start),))
        folded = fold(start, self.relations.folds + self.relations.lemmas)
        if folded is not start:
            first = self._state(folded, (*first.path, Move("fold", "", start, folded)))
        found = explore(first)
        yield from sorted((plain, found), key=lambda s: s.price)
        for n in range(len(found.path) - 1, 0, -1):
            state = self._state(found.path[n].before, found.path[:n])
            if not self._cancels(state):
                yield state

    def _state(self, form: Expr, path: tuple[Move, ...]) -> State:
        written = self.presenter.sum(form)
        return State(form, written, self.presenter.price(written), path)

    def _cancels(self, state: State) -> bool:
        """True where an equation was solved for a term by taking away what is still there.

        From y = z + exp(x), exp(x) = y - z is true, and has no digit left where z is large; nor has
        y - 5 from y = 5 + exp(x). Numbers may be taken away only where that saves operations, and
        not just a name: o (1 - o) is how a sigmoid is told.
        """
        return any(
            (move.apart - move.before.tensors) & state.written.tensors
            or (
                move.spreads
                and len(terms(state.form)) > len(terms(move.before))
                and cost(state.written, self.bare)
                > cost(self.presenter.sum(move.before), self.bare)
            )
            for move in state.path
        )

    def _explore(self, first: State) -> State:
        best, frontier, seen = first, [first], {first.form}
        divisors = vanishing(first.form) | self.relations.vanishing
        idle, work = 0, 0
        for _ in range(MOST_ROUNDS):
            candidates: list[tuple[Price, Expr, tuple[Move, ...]]] = []
            for state in frontier:
                for move in self._moves(state.form):
                    work += len(terms(move.after))
                    if work > MOST_WORK:
                        break
                    if move.after not in seen and vanishing(move.after) <= divisors:
                        seen.add(move.after)
                        candidates.append(
                            (self.presenter.price(move.after), move.after, (*state.path, move))
                        )
            candidates.sort(key=lambda c: (c[0], c[1].key))
            states = [self._state(form, path) for _, form, path in candidates[:MOST_PRESENTED]]
            states.sort(key=lambda s: (s.price, s.form.key))
            frontier = states[:WIDTH]
            if not frontier:
                break
            if frontier[0].price < best.price and not self._cancels(frontier[0]):
                best, idle = frontier[0], 0
            else:
                idle += 1
                if idle >= PATIENCE:
                    break
            if work > MOST_WORK:
                break
        return best

    def _moves(self, form: Expr) -> Iterator[Move]:
        yield from self._summands(form)
        for reading in self.relations.readings:
            if reading.tensor not in form.tensors:
                continue
            facts = self._facts_for(reading)
            try:
                yield self._move(reading, form, fold(reading.apply(form), facts))
                parts = terms(form)
                if not 1 < len(parts) <= MOST_SPLIT or not _sums(reading.value):
                    continue
                for part in parts:
                    if reading.tensor in part.tensors:
                        rest = nodes.add(*(t for t in parts if t is not part))
                        yield self._move(
                            reading, form, nodes.add(rest, fold(reading.apply(part), facts))
                        )
            except TooLarge:
                continue

    def _summands(self, form: Expr) -> Iterator[Move]:
        """L = Σ a - Σ b read as Σ a = L + Σ b."""
        for fact in self.relations.summands:
            if fact.pattern.tensors <= form.tensors:
                after = nodes.add(*(match(t, fact) or t for t in terms(form)))
                if after is not form:
                    after = fold(after, self.relations.folds + self.relations.lemmas)
                    yield Move("fold", str(fact), form, after)

    def _move(self, reading: Reading, before: Expr, after: Expr) -> Move:
        rule = "unfold" if reading.kind == "definition" else "eliminate"
        spreads = reading.kind == "inverse" and isinstance(reading.value, nodes.Add)
        return Move(rule, str(reading), before, after, reading.apart, spreads)

    def _facts_for(self, reading: Reading) -> list[Fact]:
        """All facts but the fold that would only undo an unfolding."""
        undone = (
            [f for f in self.relations.folds if reading.tensor in f.value.tensors]
            if (reading.kind == "definition")
            else []
        )
        return [f for f in self.relations.folds + self.relations.lemmas if f not in undone]


def _sums(value: Expr) -> bool:
    return any(isinstance(f, nodes.Reduce) for t in terms(value) for f in factors(t))
