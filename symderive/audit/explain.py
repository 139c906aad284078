"""Why code is wrong: the terms that differ, an input that shows it, the likely mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..frontends.dims import layout_text
from ..index.nodes import Expr
from .beyond import far_points
from .case import Case, case_of
from .caught import Caught
from .counterexample import counterexample
from .findings import DIFFERENT, Counterexample, Finding
from .limits import at_zero, enlarged, tiny_constants
from .mistakes import recognised
from .numeric import APART, ROUNDING, relative
from .spoiling import Right
from .terms import differing_terms
from .traced import Claim
from .unfold import is_readable

_BEYOND = "it agrees with the derivative at inputs of usual size, and differs beyond them"
_SHAPE = "shape: the axes are not those of the argument"


def misshapen(claim: Claim) -> Finding:
    """A gradient that has not the shape of its argument."""
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


def different(
    case: Case, claim: Claim, shown: tuple[str, str], example: Counterexample | None = None
) -> Finding:
    """The terms that differ, an input that shows it, and the likely mistake."""
    name = claim.argument.tensor.name
    limit = limit_of(case, claim)
    return Finding(
        name, claim.where, DIFFERENT, *shown,
        reason=_BEYOND if example is not None else "",
        terms=_terms(case, claim),
        mistake="" if limit else _mistake(case, claim, example is not None),
        limit=limit,
        counterexample=example or counterexample(case, name),
    )  # fmt: skip


def _terms(case: Case, claim: Claim) -> tuple[str, ...]:
    if not is_readable(claim.value, case.traced.code):
        return ()
    return differing_terms(case.shown(claim), case.closed(claim), case.search)


def limit_of(case: Case, claim: Claim) -> str:
    """The constants as which go to zero the code becomes right; "" where that is not so."""
    constants = tiny_constants(case.traced)
    if not constants:
        return ""
    name = claim.argument.tensor.name
    with Caught() as caught:
        small = case_of(case.subject, at_zero(case.traced), case.unit)
        proof = small.proof(small.traced.claims[name])
        large = case_of(case.subject, enlarged(case.traced), case.unit)
        apart = _apart_somewhere(large, large.traced.claims[name])
    if caught.error is not None or proof is None or not apart:
        return ""
    return ", ".join(f"{float(c):g}" for c in constants)


def _apart_somewhere(case: Case, claim: Claim) -> bool:
    """True where the code's expression and the derivative have different values at some point."""
    for made in case.points():
        evaluator = case.at(made)
        axes = claim.argument.tensor.indices
        found, right = (evaluator(e, axes) for e in (case.code(claim), case.raw(claim)))
        if np.isfinite(right).all() and relative(found, right) > APART:
            return True
    return False


def _mistake(case: Case, claim: Claim, is_far: bool) -> str:
    """is_far: at the usual points the code is right."""
    axes = claim.argument.tensor.indices
    code = case.code(claim)
    with np.errstate(all="ignore"):
        tried = [case.at(m) for m in (*case.points(), *(far_points(case) if is_far else ()))]
        known = [(e, np.asarray(e(code, axes))) for e in tried]
    evaluators = [e for e, value in known if np.isfinite(value).all() or not is_far]
    values = [value for _, value in known if np.isfinite(value).all() or not is_far]

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
    tensors = (*(a.tensor for a in forward.arguments), *(a.tensor for a in forward.assignments))
    forms = (case.closed(claim), case.raw(claim))
    return recognised([Right(form, axes, tensors) for form in forms], is_the_code)


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
