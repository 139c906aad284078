"""Trace, differentiate, compare, run: the verdict on one subject."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial

from ..errors import NeedsLength
from ..frontends.dims import with_lengths
from ..index.text import text
from .again import WRONG_AGAIN, wrong_again
from .assumptions import assumptions, unit_cotangent
from .beyond import beyond
from .case import Case, case_of
from .caught import Caught
from .data import is_data
from .explain import different, limit_of, misshapen
from .far import lost_beyond
from .figures import numerical_lines
from .findings import DIFFERENT, EQUAL, UNKNOWN, UNSAFE, WORST_FIRST, Finding, Line
from .forwarded import RoleError
from .numeric import Numerical, compare
from .proofs import steps_to
from .subjects import Subject
from .traced import Claim, Given, Traced, refuse_large, traced
from .untraced import arguments_held, numerically, untraced
from .verdict import Verdict

CONTRADICTED = 1e-5  # relative: the code agrees with differences, and not with the derivative


def judge(subject: Subject, domains: Given, constants: Collection[str] = ()) -> Verdict:
    """The verdict; what the code raises on the way is part of it.

    Gradients are returned in the order of the signature, in whatever order the dims are given.
    constants: arrays that need no gradient; those that the code holds by itself stay as they are.
    """
    domains = {f.name: domains[f.name] for f in subject.formals if f.name in domains}
    verdict, run, caught = _tried(subject, domains, constants)
    if run is None and isinstance(caught.error, NeedsLength):
        known = _at_known_lengths(subject, domains, constants, caught.error)
        return known or _with_all_constant(subject, domains, caught)
    if run is None:
        return _with_all_constant(subject, domains, caught)
    if verdict.kind == EQUAL:
        return _in_next_call(verdict, run)
    free = [h for h in run.subject.held if h.name in run.missing]
    if verdict.kind != DIFFERENT or not free:
        return verdict
    plain, _, _ = _tried(subject, domains, [*constants, *(h.name for h in free)])
    if plain.kind not in (EQUAL, UNSAFE):
        return verdict
    paths = ", ".join(h.path for h in free)
    if all(is_data(h.name) for h in free):
        return plain
    return replace(plain, kind=UNKNOWN, obstacle=_ONLY_AS_MADE.format(paths, free[0].name))


def _at_known_lengths(
    subject: Subject, domains: Given, constants: Collection[str], error: NeedsLength
) -> Verdict | None:
    """The verdict for one length of the dims that the code loops over; None where that gives none,
    or the numbers at other lengths contradict it."""
    lengths = {name: 3 + k for k, name in enumerate(error.dims)}
    verdict = judge(subject, with_lengths(domains, lengths), constants)
    if verdict.kind == UNKNOWN:
        return None
    said = ", ".join(f"{name} = {length}" for name, length in lengths.items())
    if verdict.kind != DIFFERENT:
        seen = numerically(subject, domains, str(error))
        if seen.kind == DIFFERENT:
            return seen
        said = (
            f"{said}: the code loops over it; at other lengths the numbers agree, without a proof"
        )
    return replace(verdict, assumed=(said, *verdict.assumed))


def _in_next_call(verdict: Verdict, run: Traced) -> Verdict:
    """The verdict, unless a second call of the same layer is wrong."""
    unit = any(a == unit_cotangent(run.cotangent.tensor.name) for a in verdict.assumed)
    against = wrong_again(run.subject, run.forward.arguments, run.literals, unit)
    if not against:
        return verdict
    findings = tuple(
        replace(f, verdict=DIFFERENT, reason=WRONG_AGAIN, counterexample=against[f.argument])
        if f.argument in against
        else f
        for f in verdict.findings
    )
    return replace(verdict, kind=DIFFERENT, findings=findings)


_ONLY_AS_MADE = (
    "right with {0} as the code makes it, and wrong for other values; no gradient of it was found: "
    "if it is a constant, say so (constants=['{1}'], --constant {1})"
)


def _as_made(paths: str) -> str:
    return f"{paths}: a constant, as the code makes it"


def _with_all_constant(subject: Subject, domains: Given, caught: Caught) -> Verdict:
    """The arrays that the code holds cannot be made arguments: they stay as they are, unless it
    leaves gradients of them."""
    held = arguments_held(subject, domains)
    verdict, run, _ = _tried(subject, domains, None) if held else (None, None, None)
    seen = untraced(subject, domains, caught, held)
    judged = {f.argument for f in seen.findings}
    if verdict is None or run is None or seen.kind == DIFFERENT:
        return seen
    if verdict.kind != DIFFERENT and not judged.isdisjoint(h.name for h in held):
        return seen
    paths = ", ".join(h.path for h in held)
    return replace(verdict, assumed=(*verdict.assumed, _as_made(paths)))


def _tried(
    subject: Subject, domains: Given, constants: Collection[str] | None
) -> tuple[Verdict, Traced | None, Caught]:
    """The verdict, and what was traced; None where the code cannot be run symbolically."""
    with Caught() as caught:
        run = traced(subject, domains, constants)
        refuse_large(run)
    if isinstance(caught.error, RoleError):
        raise caught.error
    if caught.error is not None:
        return untraced(subject, domains, caught, ()), None, caught
    if not run.claims:
        return Verdict(subject.name, UNKNOWN, obstacle=_no_gradient(run)), run, caught
    with Caught() as caught:
        case = case_of(run.subject, run, constants=frozenset(constants or ()))
    if caught.error is not None:
        return untraced(subject, domains, caught, ()), None, caught
    verdict = _judged(case)
    limited = all(f.limit for f in verdict.findings if f.verdict == DIFFERENT)
    if verdict.kind == DIFFERENT and not limited and _has_unit_default(subject, run):
        unit = _judged(case.at_one())
        if unit.kind != DIFFERENT or any(f.limit for f in unit.findings):
            return unit, run, caught
    return verdict, run, caught


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
    drawn = case.traced.subject.draws
    wanted = [a.tensor.name for a in arguments if a.differentiable and a.tensor.name not in drawn]
    numerical = compare(
        case.subject, arguments, case.truth, wanted, case.unit, case.traced.literals
    )
    findings = tuple(_finding(case, claim, numerical) for claim in case.traced.claims.values())
    kinds = [f.verdict for f in findings]
    kind = next(k for k in WORST_FIRST if k in kinds)
    if kind == EQUAL and _is_unseen(case):
        kind = UNKNOWN
    hazards = tuple(numerical.hazards)
    but = lost_beyond(case) if kind == EQUAL else ""
    return Verdict(
        case.subject.name,
        UNSAFE if kind == EQUAL and hazards else kind,
        findings,
        hazards,
        numerical.failure,
        tuple(numerical_lines(numerical)),
        (*assumptions(case.traced, case.unit), *_data(case)),
        (*_notes(case), *numerical.notes),
        tuple(n for n in case.traced.missing if n in case.unjudged()),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.forward.assignments),
        tuple(Line(str(a), str(a.place or "")) for a in case.traced.code),
        but=but,
    )


def _is_unseen(case: Case) -> bool:
    """True where a gradient was not found that is wanted: that of a target or a mask is not, nor
    that of a table of the module."""
    return bool(case.unjudged() - case.data())


def _data(case: Case) -> Iterator[str]:
    """What is taken as data, and what the code holds by itself."""
    data = [n for n in case.traced.missing if n in case.unjudged() & case.data()]
    if data:
        yield f"{', '.join(data)}: data, of which no gradient is wanted"
    names = [a.tensor.name for a in case.traced.forward.arguments]
    fixed = sorted(case.constants.difference(names))
    if fixed:
        yield _as_made(", ".join(fixed))
    if case.traced.subject.draws:
        draws = ", ".join(case.traced.subject.draws)
        yield f"{draws}: what forward draws at random, the same in both passes, and any numbers"
    held = [h.path for h in case.traced.subject.held]
    if held:
        yield f"{', '.join(held)}: any values, not only those that the code starts with"


def _notes(case: Case) -> Iterator[str]:
    unjudged = case.unjudged()
    zero = [n for n in case.traced.missing if n not in unjudged]
    if unjudged:
        yield f"no gradient of {', '.join(sorted(unjudged))} was found, so nothing is said about it"
    if zero:
        yield f"no gradient of {', '.join(zero)} was found; it is 0 everywhere"


def _finding(case: Case, claim: Claim, numerical: Numerical) -> Finding:
    name = claim.argument.tensor.name
    if not claim.fits:
        return misshapen(claim)
    code, closed = case.shown(claim), case.closed(claim)
    left = f"d{text(claim.argument.tensor.element)}"
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
    return found(UNKNOWN, reason=_NO_PROOF, agrees=not rough > numerical.coarse)


_OTHER_FORWARD = "the traced forward is not what the code computes on real arrays"
_NO_PROOF = "the two agree numerically, but no proof was found that they are equal"
