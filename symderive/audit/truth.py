"""The derivative to compare with: the reverse pass as the rules give it, and the closed form that
the calculus finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .. import calculus
from ..calculus.result import Derived
from ..calculus.reverse import contribution
from ..index import nodes
from ..index.nodes import ZERO, Expr, Tensor
from ..index.walk import replace_tensor
from ..program import Argument, Assignment, Program
from ..trace import Step
from .unfold import unfold

ADJOINT = "∂"  # no name of the user's starts so


@dataclass(frozen=True)
class Truth:
    """raw: the cotangents of the forward's tensors, in reverse order, nothing simplified.
    by_input: the gradient of each input over its own indices, in terms of `raw` and of the forward.
    derived: the calculus's closed form of the same forward."""

    forward: Program
    cotangent: Tensor
    raw: tuple[Assignment, ...]
    by_input: Mapping[str, Expr]
    derived: Derived
    closed: Mapping[str, Expr]

    def steps(self, name: str) -> tuple[Step, ...]:
        """The derivation of one gradient, under the user's name of the cotangent."""
        own, given = self.derived.cotangent, self.cotangent
        word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(own.name)}(?=_|\b)")

        def renamed(expr: Expr) -> Expr:
            return replace_tensor(expr, own, lambda at: given[at] if at else given[()])

        return tuple(
            replace(s, before=renamed(s.before), after=renamed(s.after),
                    where=tuple(word.sub(given.name, w) for w in s.where))
            for s in self.derived.steps.get(name, ())
        )  # fmt: skip


def truth_of(forward: Program, cotangent: Argument) -> Truth:
    """Differentiate a staged program."""
    raw, by_input = raw_gradients(forward, cotangent.tensor)
    derived = calculus.derive(forward)
    return Truth(
        forward, cotangent.tensor, raw, by_input, derived, _closed(derived, cotangent.tensor)
    )


def raw_gradients(
    program: Program, cotangent: Tensor
) -> tuple[tuple[Assignment, ...], dict[str, Expr]]:
    """Reverse mode by the chain rule alone: one assignment for the cotangent of each tensor."""
    active = {a.tensor for a in program.inputs}
    for assignment in program.assignments:
        if not active.isdisjoint(assignment.value.tensors):
            active.add(assignment.tensor)
    output = program.output.tensor
    bars: dict[Tensor, Expr] = {output: cotangent[output.indices]}
    made: list[Assignment] = []
    for assignment in reversed(program.assignments):
        tensor = assignment.tensor
        if tensor not in bars or tensor not in active:
            continue
        bar = Tensor(f"{ADJOINT}{tensor.name}", tensor.dims)
        made.append(Assignment(bar, tensor.indices, bars[tensor]))
        for source in sorted(assignment.value.tensors & active, key=lambda t: t.name):
            passed = contribution(assignment, bar[assignment.indices], source)
            bars[source] = nodes.add(bars.get(source, ZERO), passed)
    inputs = [a.tensor for a in program.inputs]
    return tuple(made), {t.name: bars.get(t, ZERO) for t in inputs}


def _closed(derived: Derived, cotangent: Tensor) -> dict[str, Expr]:
    """The closed form of each gradient in terms of the forward alone, under the user's name of the
    cotangent."""
    backward = derived.backward
    own = derived.cotangent
    renamed = Assignment(own, own.indices, cotangent.element)
    inputs = [a.tensor.name for a in derived.forward.inputs]
    values = {a.tensor: a.value for a in backward.assignments}
    return {
        name: unfold(values[output.tensor], (renamed, *backward.assignments))
        for name, output in zip(inputs, backward.outputs, strict=True)
    }
