"""Every check of the full certificate, in the order in which a reviewer asks for them."""

from __future__ import annotations

from ..calculus.result import Derived, Jacobian
from .accuracy import check_accuracy
from .beside_text import check_beside_text
from .check import Check, Kernel
from .claims import check_claims
from .closed_form import check_closed_form
from .code import check_code
from .complex_step import check_complex_step
from .edges import check_edges
from .gradients import check_gradient
from .handling import check_handling
from .independent import check_independent
from .mutation import check_mutation
from .origin import Function, check_origin
from .second_order import check_symmetry
from .steps import check_stability, check_steps


def full_checks(
    derived: Derived,
    kernel: Kernel,
    jacobians: tuple[Jacobian, ...],
    function: Function | None,
    digits: int,
    seed: int,
) -> tuple[Check, ...]:
    """Steps, closed form, gradients, accuracy, edges, handling, and the sharpness of it all."""
    return (
        check_steps(derived, jacobians, digits=digits, seed=seed),
        check_claims(derived, jacobians, digits=digits, seed=seed),
        check_stability(derived, digits=digits, seed=seed),
        check_origin(derived, kernel, function, seed=seed),
        check_closed_form(derived, digits=digits, seed=seed),
        check_independent(derived, digits=digits, seed=seed),
        check_code(derived, kernel, seed=seed),
        check_gradient(derived, kernel, seed=seed),
        check_complex_step(derived, kernel, seed=seed),
        check_symmetry(derived, kernel, seed=seed),
        *check_accuracy(derived, kernel, digits=digits, seed=seed),
        check_beside_text(derived, kernel, digits=digits, seed=seed),
        *check_edges(derived, kernel, seed=seed),
        *check_handling(derived, kernel, seed=seed),
        check_mutation(derived, seed=seed),
    )
