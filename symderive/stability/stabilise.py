"""Program to an equal program that does not overflow or cancel: each rule in turn, wherever it
fires, until none does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import DerivationError
from ..program import Program
from ..trace import Step
from .cases import both_cases, erfc_form, log1p_form, scaled_tail_form, weights_form
from .chain import live
from .clones import shift_clones
from .complement import name_complements
from .exponential import exponential_form
from .exponential import named as named_exponential
from .guarded import guarded_form
from .logarithm import log_form
from .logarithm import named as named_logarithm
from .moments import deviations
from .norms import scale_powers
from .own_shift import own_shift
from .parts import shift_parts
from .shift import shift
from .sweep import Local, Rewritten, sweep
from .vanishing import finite_product

LIMIT = 200


@dataclass(frozen=True)
class Stabilised:
    """The stabilised program, and the steps that led to it.

    stages: for each step the program whose names it speaks of: there, before = after.
    """

    program: Program
    steps: tuple[Step, ...]
    stages: tuple[Program, ...] = ()


LOCAL = (
    Local(guarded_form, lambda before, after: "guarded-logarithm"),
    Local(log_form, named_logarithm),
    Local(exponential_form, named_exponential),
    Local(erfc_form, lambda before, after: "erfc"),
    Local(scaled_tail_form, lambda before, after: "scaled-tail"),
    Local(deviations, lambda before, after: "variance"),
    Local(both_cases, lambda before, after: "both-cases"),
)
FORWARD = (*LOCAL, Local(finite_product, lambda before, after: "product-of-exponentials"))
WEIGHTS = Local(weights_form, lambda before, after: "weights")
LOG1P = Local(log1p_form, lambda before, after: "log1p")
PASSES: dict[str, Callable[[Program], Rewritten | None]] = {
    "names": name_complements,
    "norms": scale_powers,
    "local": lambda program: sweep(program, FORWARD),
    "own shift": own_shift,
    "parts": shift_parts,
    "shift": shift,
    "clones": shift_clones,
    "late": lambda program: sweep(program, (LOG1P, WEIGHTS)),
}
BACKWARD: dict[str, Callable[[Program], Rewritten | None]] = {
    "local": lambda program: sweep(program, (*LOCAL, LOG1P), named=False),
}
BACKWARD_LAST: dict[str, Callable[[Program], Rewritten | None]] = {
    "local": lambda program: sweep(program, (WEIGHTS,), named=False),
}


def stabilise(program: Program) -> Stabilised:
    """An equal program that does not overflow or cancel, where a rule helps, with the steps."""
    return _until_still(program, PASSES)


def stabilise_backward(program: Program) -> Stabilised:
    """The same for a derived backward: residuals are given, so no shift is put in.

    Weights come last and stay 1 - s: σ(-u) would cost one more exponential beside s = σ(u).
    """
    first = _until_still(program, BACKWARD)
    last = _until_still(first.program, BACKWARD_LAST)
    return Stabilised(last.program, first.steps + last.steps, first.stages + last.stages)


def _until_still(
    program: Program, passes: Mapping[str, Callable[[Program], Rewritten | None]]
) -> Stabilised:
    program = live(program)
    steps: tuple[Step, ...] = ()
    stages: tuple[Program, ...] = ()
    for _ in range(LIMIT):
        tried = ((name, found) for name, a_pass in passes.items() if (found := a_pass(program)))
        rewritten = next(tried, None)
        if rewritten is None:
            return Stabilised(program, steps, stages)
        name, (after, more) = rewritten
        steps += more
        stages += (program if name in ("local", "late") else after,) * len(more)
        program = after
    last = "\n".join(map(str, steps[-4:]))
    raise DerivationError(
        f"the stabilisation of {program.name} did not end after {LIMIT} rewrites; "
        f"the last steps:\n{last}"
    )
