"""Trace, differentiate, compare, run: the verdict on one subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...calculus.derive import searcher
from ...calculus.reverse import axes_of
from ...calculus.search import Search
from ...errors import InputError
from ...frontends.dims import layout_text
from ...index.nodes import ONE, Expr
from ...index.text import text
from ...index.walk import replace_tensor
from .assumptions import assumptions
from .caught import Caught
from .counterexample import counterexample
from .decide import Proof, prove_zero
from .limits import at_zero, enlarged, tiny_constants
from .mistakes import recognised
from .numeric import (
    APART,
    ROUGH,
    ROUNDING,
    Instance,
    Numerical,
    arguments_of,
    compare,
    evaluator_at,
    instances,
    relative,
)
from .proofs import steps_to
from .spoiling import Right
from .subjects import Subject
from .terms import differing_terms
from .traced import Claim, Given, Traced, traced
from .truth import Truth, truth_of
from .unfold import unfold
from .verdict import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, WORST_FIRST, Finding, Line, Verdict

CONTRADICTED = 1e-5  # relative: the code agrees with differences, and not with the derivative


@dataclass(frozen=True)
class Case:
    """All that is known about a subject once it was traced.

    unit: the cotangent is 1, its default.
    """

    subject: Subject
    traced: Traced
    truth: Truth
    search: Search
    unit: bool = False

    def code(self, claim: Claim) -> Expr:
        """What the code computes, in terms of the forward."""
        return self.seen(unfold(claim.value, self.traced.code))

    def closed(self, claim: Claim) -> Expr:
        """The derivative in closed form."""
        return self.seen(self.truth.closed[claim.argument.tensor.name])

    def raw(self, claim: Claim) -> Expr:
        """The derivative as the chain rule gives it."""
        return self.seen(unfold(self.truth.by_input[claim.argument.tensor.name], self.truth.raw))

    def seen(self, expr: Expr) -> Expr:
        if not self.unit:
            return expr
        return replace_tensor(expr, self.traced.cotangent.tensor, lambda at: ONE)


def judge(subject: Subject, domains: Given) -> Verdict:
    """The verdict; what the code raises on the way is part of it."""
    with Caught() as caught:
        run = traced(subject, domains)
    if caught.error is not None:
        return _untraced(subject, domains, caught)
    if not run.claims:
        return Verdict(subject.name, UNKNOWN, obstacle=_no_gradient(run))
    with Caught() as caught:
        truth = truth_of(run.forward, run.cotangent)
        search = searcher(run.forward, [run.cotangent.tensor])
    if caught.error is not None:
        return _untraced(subject, domains, caught)
    verdict = _judged(Case(subject, run, truth, search))
    limited = all(f.limit for f in verdict.findings if f.verdict == DIFFERENT)
    if verdict.kind == DIFFERENT and not limited and _has_unit_default(subject, run):
        unit = _judged(Case(subject, run, truth, search, unit=True))
        if unit.kind != DIFFERENT or any(f.limit for f in unit.findings):
            return unit
    return verdict


def _has_unit_default(subject: Subject, run: Traced) -> bool:
    default = subject.roles.default
    return not run.cotangent.tensor.dims and isinstance(default, (int, float)) and default == 1


def _no_gradient(run: Traced) -> str:
    names = ", ".join(run.missing)
    return (
        f"no gradient of {names} was found: return it from backward, or leave it in self.grads "
        "beside self.params, or in an attribute such as self.dW for the argument W"
    )


def _judged(case: Case) -> Verdict:
    arguments = case.traced.forward.arguments
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    numerical = compare(case.subject, arguments, case.truth, wanted, case.unit)
    findings = tuple(_finding(case, claim, numerical) for claim in case.traced.claims.values())
    kinds = [f.verdict for f in findings]
    kind = next(k for k in WORST_FIRST if k in kinds)
    hazards = tuple(numerical.hazards)
    return Verdict(
        case.subject.name,
        UNSAFE if kind == EQUAL and hazards else kind,
        findings,
        hazards,
        numerical.failure,
        tuple(_numerical_lines(numerical)),
        assumptions(case.traced, case.unit),
        tuple(_notes(case.traced)),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.forward.assignments),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.code),
    )


def _notes(run: Traced) -> Iterator[str]:
    if run.missing:
        yield f"no gradient of {', '.join(run.missing)} was found, so nothing is said about it"


def _finding(case: Case, claim: Claim, numerical: Numerical) -> Finding:
    name = claim.argument.tensor.name
    if not claim.fits:
        return _misshapen(claim, numerical)
    code, closed = case.code(claim), case.closed(claim)
    left = f"d{name}{_subscript(claim)}"
    shown = f"{left} = {text(code)}", f"{left} = {text(closed)}"
    found = partial(Finding, name, claim.where, code=shown[0], closed=shown[1])
    if numerical.failure:
        broken = numerical.stage == "backward"
        said = f"{numerical.stage} fails on real arrays: {numerical.failure}"
        return found(DIFFERENT if broken else UNKNOWN, reason=said)
    if name not in numerical.exact:
        return found(UNKNOWN, reason=f"on real arrays no gradient of {name} of its shape was found")
    exact, rough = numerical.exact[name].worst, numerical.rough[name].worst
    if not numerical.forward <= ROUNDING:
        return found(UNKNOWN, reason=_OTHER_FORWARD)
    if exact > CONTRADICTED and rough <= ROUGH:
        return found(UNKNOWN, reason="the derivative and differences of the code disagree")
    if exact > APART:
        return _different(case, claim, shown)
    proof = _prove(case, claim)
    if proof is not None and exact <= ROUNDING and rough <= ROUGH:
        start = case.seen(claim.value)
        steps = steps_to(left, start, closed, case.traced.code, case.search, proof)
        derivation = case.truth.steps(name)
        return found(EQUAL, proof=steps, derivation=derivation, how=proof.how)
    if proof is None and _limit(case, claim):
        return _different(case, claim, shown)
    return found(UNKNOWN, reason=_NO_PROOF)


_OTHER_FORWARD = "the traced forward is not what the code computes on real arrays"
_NO_PROOF = "the two agree numerically, but no proof was found that they are equal"


def _prove(case: Case, claim: Claim) -> Proof | None:
    forward, code = case.traced.forward.assignments, case.code(claim)
    proof = prove_zero(code - case.closed(claim), forward, case.search)
    return proof or prove_zero(code - case.raw(claim), forward, case.search)


def _subscript(claim: Claim) -> str:
    written = text(claim.argument.tensor[axes_of(claim.argument.tensor)])
    return written.removeprefix(claim.argument.tensor.name)


_SHAPE = "shape: the axes are not those of the argument"


def _misshapen(claim: Claim, numerical: Numerical) -> Finding:
    name = claim.argument.tensor.name
    has, wants = layout_text(claim.layout), layout_text(claim.argument.layout)
    turned = claim.layout == claim.argument.layout[::-1]
    return Finding(
        name,
        claim.where,
        DIFFERENT,
        reason=f"the gradient has the dims ({has}), but {name} has ({wants})",
        mistake="transposed: the axes are in reverse" if turned else _SHAPE,
    )


def _different(case: Case, claim: Claim, shown: tuple[str, str]) -> Finding:
    name = claim.argument.tensor.name
    limit = _limit(case, claim)
    found = counterexample(case.subject, case.traced.forward.arguments, case.truth, name, case.unit)
    return Finding(
        name, claim.where, DIFFERENT, *shown,
        terms=_terms(case, claim),
        mistake="" if limit else _mistake(case, claim),
        limit=limit,
        counterexample=found,
    )  # fmt: skip


def _limit(case: Case, claim: Claim) -> str:
    """The constants as which go to zero the code becomes right; "" where that is not so."""
    constants = tiny_constants(case.traced)
    if not constants:
        return ""
    name = claim.argument.tensor.name
    with Caught() as caught:
        small = _again(case, at_zero(case.traced))
        proof = _prove(small, small.traced.claims[name])
        large = _again(case, enlarged(case.traced))
        apart = _apart_somewhere(large, large.traced.claims[name])
    if caught.error is not None or proof is None or not apart:
        return ""
    return ", ".join(f"{float(c):g}" for c in constants)


def _again(case: Case, run: Traced) -> Case:
    search = searcher(run.forward, [run.cotangent.tensor])
    return Case(case.subject, run, truth_of(run.forward, run.cotangent), search, case.unit)


def _apart_somewhere(case: Case, claim: Claim) -> bool:
    """True where the code's expression and the derivative have different values at some point."""
    for made in _points(case):
        evaluator = evaluator_at(case.truth, case.traced.forward.arguments, made)
        axes = axes_of(claim.argument.tensor)
        if relative(evaluator(case.code(claim), axes), evaluator(case.raw(claim), axes)) > APART:
            return True
    return False


def _points(case: Case) -> list[Instance]:
    made = instances(case.subject, case.traced.forward.arguments)
    found = [m for m in made if isinstance(m, Instance)]
    if case.unit:
        found = [Instance(m.sizes, m.values, np.ones_like(m.cotangent)) for m in found]
    return found


def _mistake(case: Case, claim: Claim) -> str:
    axes = axes_of(claim.argument.tensor)
    evaluators = [evaluator_at(case.truth, case.traced.forward.arguments, m) for m in _points(case)]
    code = case.code(claim)
    values = [np.asarray(e(code, axes)) for e in evaluators]

    def is_the_code(spoiled: Expr) -> bool:
        if not spoiled.free <= set(axes):
            return False
        with np.errstate(all="ignore"):
            found = (np.asarray(e(spoiled, axes)) for e in evaluators)
            return all(_alike(f, v) for f, v in zip(found, values, strict=True))

    other = _swapped(case, claim, is_the_code)
    if other:
        return f"order: this is the gradient of {other}"
    forward = case.traced.forward
    known = (*(a.tensor for a in forward.arguments), *(a.tensor for a in forward.assignments))
    forms = (case.closed(claim), case.raw(claim))
    return recognised([Right(form, axes, known) for form in forms], is_the_code)


def _swapped(case: Case, claim: Claim, is_the_code: Callable[[Expr], bool]) -> str:
    """The argument of the same dims whose gradient this is."""
    own = claim.argument
    for name, other in case.traced.claims.items():
        alike = other.argument.layout == own.layout and name != own.tensor.name
        if alike and is_the_code(case.closed(other)):
            return name
    return ""


def _alike(found: Any, value: Any) -> bool:
    shape = np.broadcast_shapes(np.shape(found), np.shape(value))
    return relative(np.broadcast_to(found, shape), np.broadcast_to(value, shape)) <= ROUNDING


def _terms(case: Case, claim: Claim) -> tuple[str, ...]:
    return differing_terms(case.code(claim), case.closed(claim), case.search)


def _numerical_lines(numerical: Numerical) -> Iterator[str]:
    for name, rough in numerical.rough.items():
        exact = numerical.exact.get(name)
        said = f"d{name}: {_figure(rough.worst)} off central differences of forward"
        yield f"{said}, {_figure(exact.worst)} off the derivative in float64" if exact else said
    for name, (has, wants) in numerical.shapes.items():
        yield f"d{name}: of shape {has}, where {name} has {wants}"
    if numerical.places:
        yield f"the greatest relative difference at {'; '.join(numerical.places)}"
    if numerical.failure:
        yield f"{numerical.stage} failed: {numerical.failure}"


def _figure(worst: float) -> str:
    return "less than 1e-14" if worst < 1e-14 else f"{worst:.1e}"


def _untraced(subject: Subject, domains: Given, caught: Caught) -> Verdict:
    """What could not be run symbolically is still compared on real arrays."""
    arguments = arguments_of(domains)
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    numerical = compare(subject, arguments, None, wanted)
    if isinstance(caught.error, InputError) and numerical.stage == "forward":
        raise caught.error
    broken = numerical.stage == "backward"
    reason = caught.sentence
    if broken:
        reason = f"backward fails on real arrays: {numerical.failure}"
    findings = tuple(
        Finding(name, "", DIFFERENT if broken else UNKNOWN, reason=_by_numbers(one.worst))
        for name, one in numerical.rough.items()
    )
    return Verdict(
        subject.name,
        DIFFERENT if broken else UNKNOWN,
        findings,
        tuple(numerical.hazards),
        reason,
        tuple(_numerical_lines(numerical)),
    )


def _by_numbers(worst: float) -> str:
    if worst <= ROUGH:
        return "numerically it agrees with central differences of forward"
    return "numerically it differs from central differences of forward"
