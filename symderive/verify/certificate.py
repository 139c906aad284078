"""Derivation and kernel in, certificate out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ..calculus.result import Derived, Jacobian
from ..program import Program
from .check import Certificate, Check, Kernel
from .code import check_code
from .gradients import check_gradient
from .origin import Function, check_origin
from .steps import check_stability, check_steps


def verify(
    derived: Derived,
    kernel: Kernel,
    jacobians: Iterable[Jacobian] | Mapping[str, Jacobian] = (),
    *,
    function: Function | None = None,
    digits: int = 50,
    seed: int = 0,
    quick: bool = False,
) -> Certificate:
    """The certificate of a derivation and of the kernel generated from it.

    function: the forward as its author gave it, to be run by NumPy beside the kernel.
    quick: steps in float64 and differences at one small shape, for a line of output at once. The
    full certificate works to `digits` digits and takes seconds. One seed draws the same points.
    """
    found = tuple(jacobians.values() if isinstance(jacobians, Mapping) else jacobians)
    with np.errstate(all="ignore"):  # what is not finite is a verdict here, not a warning
        if quick:
            checks = _quick(derived, kernel, found, function, seed)
        else:
            from .full import full_checks  # a line at once needs none of these rooms

            checks = full_checks(derived, kernel, found, function, digits, seed)
    assumed = assumptions(derived.written)
    return Certificate(derived.written.name, assumed, checks, seed, 16 if quick else digits)


def _quick(
    derived: Derived,
    kernel: Kernel,
    jacobians: tuple[Jacobian, ...],
    function: Function | None,
    seed: int,
) -> tuple[Check, ...]:
    return (
        check_steps(derived, jacobians, seed=seed, hasty=True),
        check_stability(derived, seed=seed, hasty=True),
        check_origin(derived, kernel, function, seed=seed, hasty=True),
        check_code(derived, kernel, seed=seed),
        check_gradient(derived, kernel, seed=seed, hasty=True),
    )


def assumptions(program: Program) -> tuple[str, ...]:
    """What the certificate takes for granted of the inputs and parameters."""
    lines = [c for a in program.arguments for c in a.tensor.domain.conditions(a.tensor.name)]
    return (*lines, *(f"{p.tensor.name} = {p.default:g}" for p in program.parameters))
