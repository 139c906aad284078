"""Trace, differentiate, compare, run: the verdict on one subject."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...calculus.reverse import axes_of
from ...index.text import text
from .assumptions import assumptions
from .beyond import beyond
from .case import Case, case_of
from .caught import Caught
from .explain import different, limit_of, misshapen
from .figures import numerical_lines
from .numeric import Numerical, compare
from .proofs import steps_to
from .subjects import Subject
from .traced import Claim, Given, Traced, refuse_large, traced
from .untraced import untraced
from .verdict import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, WORST_FIRST, Finding, Line, Verdict

CONTRADICTED = 1e-5  # relative: the code agrees with differences, and not with the derivative


def judge(subject: Subject, domains: Given) -> Verdict:
    """The verdict; what the code raises on the way is part of it.

    Gradients are returned in the order of the signature, in whatever order the dims are given.
    """
    domains = {f.name: domains[f.name] for f in subject.formals if f.name in domains}
    with Caught() as caught:
        run = traced(subject, domains)
        refuse_large(run)
    if caught.error is not None:
        return untraced(subject, domains, caught)
    if not run.claims:
        return Verdict(subject.name, UNKNOWN, obstacle=_no_gradient(run))
    with Caught() as caught:
        case = case_of(subject, run)
    if caught.error is not None:
        return untraced(subject, domains, caught)
    verdict = _judged(case)
    limited = all(f.limit for f in verdict.findings if f.verdict == DIFFERENT)
    if verdict.kind == DIFFERENT and not limited and _has_unit_default(subject, run):
        unit = _judged(case.at_one())
        if unit.kind != DIFFERENT or any(f.limit for f in unit.findings):
            return unit
    return verdict


def _has_unit_default(subject: Subject, run: Traced) -> bool:
    return not run.cotangent.tensor.dims and subject.roles.is_one_by_default


def _no_gradient(run: Traced) -> str:
    names = ", ".join(run.missing)
    return (
        f"no gradient of {names} was found: return it from backward, or leave it in self.grads "
        "beside self.params, or in an attribute such as self.dW for the argument W"
    )


def _judged(case: Case) -> Verdict:
    arguments = case.traced.forward.arguments
    wanted = [a.tensor.name for a in arguments if a.differentiable]
    numerical = compare(
        case.subject, arguments, case.truth, wanted, case.unit, case.traced.literals
    )
    findings = tuple(_finding(case, claim, numerical) for claim in case.traced.claims.values())
    kinds = [f.verdict for f in findings]
    kind = next(k for k in WORST_FIRST if k in kinds)
    if kind == EQUAL and _is_unseen(case):
        kind = UNKNOWN
    hazards = tuple(numerical.hazards)
    return Verdict(
        case.subject.name,
        UNSAFE if kind == EQUAL and hazards else kind,
        findings,
        hazards,
        numerical.failure,
        tuple(numerical_lines(numerical)),
        assumptions(case.traced, case.unit),
        tuple(_notes(case)),
        case.unjudged(),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.forward.assignments),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.code),
    )


def _is_unseen(case: Case) -> bool:
    """True where the gradient of a parameter of the layer was not found; an argument of the
    forward, such as a target or a mask, may well have none.
    """
    forward = {f.name for f in case.subject.formals if f.of_forward}
    return not forward.issuperset(case.traced.missing)


def _notes(case: Case) -> Iterator[str]:
    unjudged = case.unjudged()
    zero = [n for n in case.traced.missing if n not in unjudged]
    if unjudged:
        yield f"no gradient of {', '.join(unjudged)} was found, so nothing is said about it"
    if zero:
        yield f"no gradient of {', '.join(zero)} was found; it is 0 everywhere"


def _finding(case: Case, claim: Claim, numerical: Numerical) -> Finding:
    name = claim.argument.tensor.name
    if not claim.fits:
        return misshapen(claim)
    code, closed = case.shown(claim), case.closed(claim)
    left = f"d{text(claim.argument.tensor[axes_of(claim.argument.tensor)])}"
    shown = f"{left} = {text(code)}", f"{left} = {text(closed)}"
    found = partial(Finding, name, claim.where, code=shown[0], closed=shown[1])
    if numerical.failure:
        broken = numerical.stage == "backward"
        said = f"{numerical.stage} fails on real arrays: {numerical.failure}"
        return found(DIFFERENT if broken else UNKNOWN, reason=said)
    if name not in numerical.exact:
        return found(UNKNOWN, reason=f"on real arrays no gradient of {name} of its shape was found")
    exact, rough = numerical.exact[name].worst, numerical.rough[name].worst
    if not numerical.forward <= numerical.rounding:
        return found(UNKNOWN, reason=_OTHER_FORWARD)
    if exact > max(CONTRADICTED, numerical.apart) and rough <= numerical.coarse:
        return found(UNKNOWN, reason="the derivative and differences of the code disagree")
    if exact > numerical.apart:
        return different(case, claim, shown)
    proof = case.proof(claim)
    if proof is not None and exact <= numerical.rounding and not rough > numerical.coarse:
        with Caught() as caught:
            start = case.seen(claim.value)
            steps = steps_to(left, start, closed, case.traced.code, case.search, proof)
        if caught.error is not None:  # each step is checked at a random point when it is made
            return found(UNKNOWN, reason=caught.sentence)
        derivation = case.derivation(name)
        return found(EQUAL, proof=steps, derivation=derivation, how=proof.how)
    if proof is None and limit_of(case, claim):
        return different(case, claim, shown)
    if proof is None and (example := beyond(case, name)) is not None:
        return different(case, claim, shown, example)
    return found(UNKNOWN, reason=_NO_PROOF)


_OTHER_FORWARD = "the traced forward is not what the code computes on real arrays"
_NO_PROOF = "the two agree numerically, but no proof was found that they are equal"
