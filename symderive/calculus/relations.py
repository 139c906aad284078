"""What a program's own equations say: every assignment may be read in either direction, and
readings yield lemmas.

`e_i = exp(x_i)`, `s = Σ_j e_j`, `o_i = e_i / s` give the readings `e_i = o_i s`, `s = e_i / o_i`;
the first, put into the equation of s, yields the lemma `Σ_j o_j = 1`.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from fractions import Fraction

from ..index import nodes
from ..index.functions import is_positive
from ..index.nodes import ONE, ZERO, Add, Expr, Num, Ref, Tensor, num
from ..index.places import chooses_values
from ..index.terms import factors, terms
from ..program import Assignment
from .denominators import denominators, vanishing
from .facts import Fact, Reading, references
from .fold import fold
from .normal import TooLarge, flatten, normal
from .supports import wild

MOST_TERMS_READ = 12
MOST_TERMS_USED = 4
MOST_UNFOLDED = 8  # names in an exponent, one after the other


class Relations:
    """The readings, folds and lemmas of a program; assignments are added as a derivation names
    new tensors.
    """

    def __init__(self, assignments: Iterable[Assignment] = ()) -> None:
        self.equations: list[Assignment] = []
        self.readings: list[Reading] = []
        self.folds: list[Fact] = []
        self.lemmas: list[Fact] = []
        self.summands: list[Fact] = []
        for assignment in assignments:
            self.equations.append(assignment)
        values = [e.value for e in self.equations]
        self.wild = wild(self.equations)
        self.divisors = frozenset().union(*map(denominators, values))
        self.vanishing = frozenset().union(*map(vanishing, values))
        for assignment in self.equations:
            self._read(assignment)
        self._find_lemmas(self.readings, [*self.equations, *self._exponentials()])

    def add(self, assignment: Assignment) -> None:
        """Take in one more equation, of a cotangent that was given a name."""
        self.equations.append(assignment)
        self._read(assignment)
        self._read_terms(assignment)

    def _read_terms(self, assignment: Assignment) -> None:
        """A shared cotangent dh = a + b says that a is dh - b: what was computed is used."""
        try:
            value = normal(assignment.value)
        except TooLarge:
            return
        known = {f.pattern for f in self.summands}
        if 2 <= len(terms(value)) <= MOST_TERMS_USED:
            for term in terms(value):
                if term.tensors and term not in known:
                    rest = nodes.add(*(t for t in terms(value) if t is not term))
                    self.summands.append(Fact(term, normal(assignment.left - rest), "summand"))

    def without(self, tensor: Tensor) -> Relations:
        """The same, but for what speaks of one tensor: no proof of its equation may use it."""
        other = copy(self)
        other.readings = [r for r in self.readings if tensor not in r.value.tensors | {r.tensor}]
        other.folds, other.lemmas, other.summands = (
            [f for f in facts if tensor not in f.pattern.tensors | f.value.tensors]
            for facts in (self.folds, self.lemmas, self.summands)
        )
        return other

    def state(self, left: Expr, right: Expr) -> None:
        """Take in a fact that a domain gives: Σ_j t_j = 1 on a simplex."""
        self.lemmas.append(Fact(normal(left), right, "lemma"))

    def _read(self, assignment: Assignment) -> None:
        if assignment.opaque:
            return
        try:
            value = normal(assignment.value)
        except TooLarge:
            return
        if len(terms(value)) > MOST_TERMS_READ:
            return
        left = assignment.left
        self.readings.append(Reading(assignment.tensor, assignment.indices, value, "definition"))
        if _foldable(value):
            own = self.wild & (value.tensors | left.tensors)
            self.folds.append(Fact(value, left, "fold", own))
        if isinstance(value, Add):
            for term in value.args:
                if any(isinstance(f, nodes.Reduce) for f in factors(term)):
                    rest = nodes.add(*(t for t in value.args if t is not term))
                    self.summands.append(Fact(term, normal(left - rest), "summand"))
        for ref in references([value]):
            if set(ref.free) >= left.free and _is_whole(ref) and ref is not left:
                solved = _solve(left, value, ref)
                if solved is not None and denominators(solved) <= self.divisors:
                    at = tuple(a.index for a in ref.args if isinstance(a, nodes.Idx))
                    others = [t for t in terms(solved) if assignment.tensor not in t.tensors]
                    apart = frozenset().union(*(t.tensors for t in others))
                    self.readings.append(Reading(ref.tensor, at, solved, "inverse", apart))

    def _find_lemmas(self, readings: list[Reading], equations: list[Assignment]) -> None:
        for reading in readings:
            if reading.kind != "inverse":
                continue
            for equation in equations:
                if reading.tensor in equation.value.tensors and any(
                    isinstance(n, nodes.Reduce) and n.op == "sum" for n in _parts(equation.value)
                ):
                    lemma = _lemma(reading, equation)
                    if lemma is not None and lemma not in self.lemmas:
                        self.lemmas.append(lemma)

    def _exponentials(self) -> list[Assignment]:
        """What exp of a difference is: with e = exp(x), L = log s and o = x - L, exp(o) = e / s.

        p = exp(o) is then also p = e / s; otherwise the shorter of e / s and exp(o) stands for the
        other.
        """
        found, facts = [], []
        for equation in self.equations:
            try:
                value = normal(equation.value)
                known = self._exponential(value.args[0] if _is_exp(value) else value)
            except TooLarge:
                continue
            if known is None:
                continue
            if _is_exp(value):
                found.append(replace(equation, value=known))
            elif isinstance(known, Ref):
                facts.append(Fact(nodes.call("exp", equation.left), known, "fold"))
            else:
                facts.append(Fact(known, nodes.call("exp", equation.left), "fold"))
        for equation in found:
            self._read(equation)
        self.folds.extend(facts)
        return found

    def _exponential(self, exponent: Expr) -> Expr | None:
        """exp(exponent) as a product of names, unfolding one name of the exponent after the
        other.
        """
        unfolded = 0
        for reading in [None, *reversed([r for r in self.readings if r.kind == "definition"])]:
            if reading is not None:
                if reading.tensor not in exponent.tensors or not _linear_or_log(reading.value):
                    continue
                exponent = reading.apply(exponent)
                unfolded += 1
            if len(terms(exponent)) > MOST_TERMS_READ or unfolded > MOST_UNFOLDED:
                return None
            if 2 <= len(terms(exponent)) <= 5:
                known = fold(normal(nodes.call("exp", exponent)), self.folds)
                if not any(_is_exp(n) for n in _parts(known)) and not isinstance(known, (Add, Num)):
                    return known
        return None


def _is_whole(ref: Ref) -> bool:
    """True for a tensor at distinct indices over the whole of its axes: what is said of these
    elements is said of all. A slice says nothing of the others.
    """
    over = tuple(a.index.dim for a in ref.args if isinstance(a, nodes.Idx))
    return over == ref.tensor.dims and len(ref.free) == len(ref.args)


def _is_exp(expr: Expr) -> bool:
    return isinstance(expr, nodes.Call) and expr.function == "exp"


def _linear_or_log(value: Expr) -> bool:
    return isinstance(value, Add) or (isinstance(value, nodes.Call) and value.function == "log")


def _parts(expr: Expr) -> list[Expr]:
    found = [expr]
    for node in found:
        found.extend(node.args)
    return found


def _foldable(value: Expr) -> bool:
    """One einsum term, and more than a number, a lone reference or a choice: beside the name of a
    comparison, which multiplies, 0 · NaN is NaN where the comparison itself chooses.
    """
    if isinstance(value, (Add, Num)) or chooses_values(value):
        return False
    _, flat, bound = flatten(value)
    return bool(flat) and not (
        len(flat) == 1 and not bound and isinstance(flat[0], (Ref, nodes.Size))
    )


def _solve(left: Expr, right: Expr, wanted: Ref) -> Expr | None:
    """`wanted` from left = right, or None where no rule isolates it; each move is an equivalence
    on the domain.
    """
    for _ in range(12):
        if right is wanted:
            try:
                solved = normal(left)
            except TooLarge:
                return None
            return solved if wanted.tensor not in solved.tensors else None
        moved = _isolate(left, right, wanted)
        if moved is None:
            return None
        left, right = moved
    return None


def _isolate(left: Expr, right: Expr, wanted: Ref) -> tuple[Expr, Expr] | None:
    tensor = wanted.tensor
    if isinstance(right, Add):
        return _isolate_in_sum(left, right, wanted)
    if isinstance(right, nodes.Mul):
        inside = [f for f in right.args if tensor in f.tensors]
        if len(inside) != 1:
            return None
        others = nodes.mul(*(f for f in right.args if f is not inside[0]))
        return left / others, inside[0]
    if isinstance(right, nodes.Pow) and isinstance(right.args[1], Num):
        return _undo_power(left, right.args[0], right.args[1].value)
    if isinstance(right, nodes.Call) and right.function == "log":
        return nodes.call("exp", left), right.args[
            0
        ]  # exp is not undone: log y fails where y underflows
    return None


def _isolate_in_sum(left: Expr, right: Expr, wanted: Ref) -> tuple[Expr, Expr] | None:
    inside = [t for t in right.args if wanted.tensor in t.tensors]
    rest = left - nodes.add(*(t for t in right.args if t not in inside))
    if len(inside) == 1:
        return rest, inside[0]
    slopes = [t / wanted for t in inside]
    if any(wanted.tensor in s.tensors for s in slopes):
        return None
    return rest / nodes.add(*slopes), wanted


def _undo_power(left: Expr, base: Expr, exp: Fraction) -> tuple[Expr, Expr] | None:
    """Roots are of what is not negative; an even power is undone only where the base is
    positive.
    """
    undone = 1 / exp
    if undone.denominator == 1 or is_positive(base):
        return nodes.power(left, num(undone)), base
    return None


def _lemma(reading: Reading, equation: Assignment) -> Fact | None:
    """What a reading says inside another equation that holds a Σ: solved for that Σ."""
    try:
        difference = normal(normal(equation.left) - reading.apply(normal(equation.value)))
        difference = (
            reading.apply(difference) if reading.tensor in difference.tensors else difference
        )
    except TooLarge:
        return None
    summed = [t for t in terms(difference) if any(isinstance(f, nodes.Reduce) for f in factors(t))]
    if len(summed) != 1:
        return None
    inside = [f for f in factors(summed[0]) if isinstance(f, nodes.Reduce) and f.op == "sum"]
    if len(inside) != 1:
        return None
    slope = summed[0] / inside[0]
    if any(isinstance(f, nodes.Reduce) for f in factors(slope)):
        return None
    try:
        value = normal((summed[0] - difference) / slope)
    except TooLarge:
        return None
    return Fact(inside[0], value, "lemma") if inside[0].tensors or value in (ZERO, ONE) else None
