"""The backward that a derivation found, made stable in its turn: its own expressions may overflow
or cancel, too."""

from __future__ import annotations

from dataclasses import replace

from ..calculus.derive import holds
from ..calculus.result import Derived
from ..index.nodes import Idx
from ..index.text import text
from ..index.walk import substitute
from ..program import Assignment, Program
from ..trace import Step
from .cancelling import conjugates, half_angles
from .centred import centred
from .complement import complements
from .matching import match
from .middle import about_middle
from .mixture import mixtures
from .norms import scale_squares
from .off_label import off_labels
from .stabilise import Stabilised, stabilise_backward
from .vanishing import vanishing

LATE = (
    mixtures,
    complements,
    scale_squares,
    half_angles,
    conjugates,
)  # of the forward, once the calculus has its closed form
LAST = (centred, about_middle, off_labels, vanishing)  # of the backward, beside the forward


def settled(derived: Derived, stable: Stabilised) -> tuple[Derived, Stabilised]:
    """The derivation with its backward stabilised, too, and the last rewrites of its forward, which
    would have kept the calculus from its closed form. As it was, where the two do not hold."""
    steadier, stabler = _settled(derived, stable)
    return (steadier, stabler) if steadier is derived or holds(steadier) else (derived, stable)


def _settled(derived: Derived, stable: Stabilised) -> tuple[Derived, Stabilised]:
    for late in LATE:
        found = late(derived.forward)
        if found is not None:
            forward, steps = _without_unread(found[0], derived), found[1]
            derived = replace(derived, forward=forward)
            stages = (*stable.stages, *(forward for _ in steps))
            stable = Stabilised(stable.program, stable.steps + steps, stages)
    return _with_stable_backward(derived), stable


def _without_unread(forward: Program, derived: Derived) -> Program:
    """Without assignments that neither an output, nor the backward, nor a step reads any more."""
    needed = {a.tensor for a in derived.backward.arguments}
    for step in (s for told in derived.steps.values() for s in told):
        needed |= step.before.tensors | step.after.tensors
    return forward.live(needed)


def _with_stable_backward(derived: Derived) -> Derived:
    """The derivation with a last step for each gradient that this changed."""
    stable = stabilise_backward(derived.backward)
    if stable.steps:
        derived = _rewritten(derived, _pruned(stable.program), stable.steps)
    for last in LAST:
        found = last(derived)
        derived = derived if found is None else _rewritten(derived, *found)
    return derived


def _rewritten(derived: Derived, backward: Program, new: tuple[Step, ...]) -> Derived:
    """The derivation with another backward, each new step after those of its gradient."""
    steps = dict(derived.steps)
    for assignment in derived.backward.assignments:
        left = str(assignment.left)
        key = _told_as(derived, assignment)
        for step in (s for s in new if s.left == left):
            steps[key] = (*steps.get(key, ()), _continued(steps.get(key, ()), assignment, step))
    return replace(derived, backward=backward, steps=steps)


def _pruned(backward: Program) -> Program:
    """Without arguments that are no longer read; the cotangent stays."""
    read = {t for a in backward.assignments for t in a.value.tensors}
    *saved, cotangent = backward.arguments
    kept = tuple(a for a in saved if a.tensor in read)
    parameters = tuple(p for p in backward.parameters if p.tensor in read)
    return replace(backward, arguments=(*kept, cotangent), parameters=parameters)


def _told_as(derived: Derived, assignment: Assignment) -> str:
    """The name under which the steps of a gradient are told: that of its input; else its own."""
    inputs = [a.tensor.name for a in derived.forward.inputs]
    outputs = [o.tensor for o in derived.backward.outputs]
    known = dict(zip(outputs, inputs, strict=True))
    return known.get(assignment.tensor, assignment.tensor.name)


def _continued(told: tuple[Step, ...], assignment: Assignment, step: Step) -> Step:
    """The step in the indices that the steps before it speak of: dx_k, not dx_i."""
    binding = match(step.before, told[-1].after) if told else None
    if binding is None or not all(isinstance(e, Idx) for e in binding.values()):
        return step
    left = substitute(assignment.left, binding)
    return replace(
        step,
        left=text(left),
        before=substitute(step.before, binding),
        after=substitute(step.after, binding),
    )
