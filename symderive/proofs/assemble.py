"""What the stages of a derivation hand on → the parts of its proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from ..calculus.result import Derived, Jacobian
from ..calculus.rules import RULES as CALCULUS
from ..schedule import Schedule
from ..schedule.bill import bill
from ..stability import RULES as STABILITY
from ..trace import Step
from .listing import listings
from .parts import CertificateText, ProofParts, RuleText

RULES: dict[str, RuleText] = {**CALCULUS, **STABILITY}


def parts_of(
    derived: Derived,
    *,
    stability: Iterable[Step] = (),
    jacobians: Iterable[Jacobian] = (),
    plan: Schedule | None = None,
    code: Mapping[str, Sequence[str]] | None = None,
    certificate: CertificateText | None = None,
) -> ProofParts:
    """The parts of a proof. plan, code: the schedule, and the rows of its functions in Python.
    Jacobians that the derivation's own steps tell need not be given.
    """
    listed = listings(code, plan) if plan is not None and code is not None else ()
    cost = (
        {key: str(value) for key, value in asdict(bill(plan)).items()} if plan is not None else {}
    )
    return ProofParts(derived, tuple(jacobians), tuple(stability), listed, cost, certificate, RULES)
