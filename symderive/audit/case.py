"""All that is known about audited code once it was run symbolically."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..calculus.derive import searcher
from ..calculus.normal import TooLarge, normal
from ..calculus.search import Search
from ..index.evaluate import Evaluator
from ..index.nodes import ONE, ZERO, Expr
from ..index.walk import replace_tensor
from ..trace import Step
from .data import is_data
from .decide import Proof, prove_zero, simplest
from .instance import Instance
from .numeric import evaluator_at, instances
from .subjects import Subject
from .ties import meant
from .traced import Claim, Traced
from .truth import Truth, truth_of
from .unfold import is_readable, unfold


@dataclass(frozen=True)
class Case:
    """All that is known about a subject once it was traced.

    unit: the cotangent is 1, its default.  constants: arguments that need no gradient.
    """

    subject: Subject
    traced: Traced
    truth: Truth
    search: Search
    unit: bool = False
    constants: frozenset[str] = frozenset()

    def code(self, claim: Claim) -> Expr:
        """What the code computes, in terms of the forward."""
        return self.seen(unfold(claim.value, self.traced.code))

    def shown(self, claim: Claim) -> Expr:
        """What the code computes, as short as it can be read; its last name, where it is long."""
        if not is_readable(claim.value, self.traced.code):
            return self.seen(claim.value)
        with meant(self.traced.literals):
            return simplest(self.code(claim), self.traced.forward.assignments, self.search)

    def closed(self, claim: Claim) -> Expr:
        """The derivative in closed form."""
        return self.seen(self.truth.closed[claim.argument.tensor.name])

    def raw(self, claim: Claim) -> Expr:
        """The derivative as the chain rule gives it."""
        return self.seen(unfold(self.truth.by_input[claim.argument.tensor.name], self.truth.raw))

    def derivation(self, name: str) -> tuple[Step, ...]:
        """The derivation of one gradient, for the cotangent that is judged."""
        steps = self.truth.steps(name)
        return tuple(
            replace(s, before=self.seen(s.before), after=self.seen(s.after)) for s in steps
        )

    def at_one(self) -> Case:
        """The same code where the cotangent is 1, its default, in every line."""
        case = replace(self, unit=True)
        code = tuple(replace(a, value=case.seen(a.value)) for a in self.traced.code)
        return replace(case, traced=replace(self.traced, code=code))

    def seen(self, expr: Expr) -> Expr:
        """The expression, for the cotangent that is judged."""
        if not self.unit:
            return expr
        return replace_tensor(expr, self.traced.cotangent.tensor, lambda at: ONE)

    def unjudged(self) -> frozenset[str]:
        """The inputs that backward gives no gradient of, though it is not 0 everywhere."""
        missing = self.traced.missing
        return frozenset(n for n in missing if not self._is_zero(self.truth.closed[n]))

    def data(self) -> frozenset[str]:
        """The inputs of which no gradient is wanted."""
        names = [a.tensor.name for a in self.traced.forward.arguments]
        tables = [h.name for h in self.traced.subject.held if h.is_of_module]
        return self.constants | {n for n in names if is_data(n)} | frozenset(tables)

    def _is_zero(self, closed: Expr) -> bool:
        try:
            return normal(self.seen(closed)) is ZERO
        except TooLarge:
            return False

    def points(self) -> list[Instance]:
        """Real arrays at which expressions may be compared."""
        made = instances(self.subject, self.traced.forward.arguments, self.traced.literals)
        found = [m for m in made if isinstance(m, Instance)]
        if self.unit:
            found = [Instance(m.sizes, m.values, np.ones_like(m.cotangent)) for m in found]
        return found

    def at(self, made: Instance) -> Evaluator:
        """The forward, and the cotangents, at real arrays."""
        return evaluator_at(self.truth, self.traced.forward.arguments, made)

    def proof(self, claim: Claim) -> Proof | None:
        """Why the code's expression is the derivative, or None where no proof was found."""
        forward, code = self.traced.forward.assignments, self.code(claim)
        differences = code - self.closed(claim), code - self.raw(claim)
        with meant(self.traced.literals):
            return prove_zero(differences, forward, self.search)


def case_of(
    subject: Subject, run: Traced, unit: bool = False, constants: frozenset[str] = frozenset()
) -> Case:
    """Differentiate what was traced."""
    search = searcher(run.forward, [run.cotangent.tensor])
    truth = truth_of(run.forward, run.cotangent)
    return Case(subject, run, truth, search, unit, constants)
