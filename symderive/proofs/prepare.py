"""Parts as the stages give them → parts as the sections want them: for one row, each Jacobian with
its own steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..calculus.jacobian import columns_of
from ..calculus.result import Derived, Jacobian
from ..trace import Step
from .parts import ProofParts
from .rows import one_row

Trace = tuple[Step, ...]


def prepared(parts: ProofParts) -> ProofParts:
    """Steps about ∂y/∂x belong to a Jacobian, the others to a gradient; then leading axes are left
    out where they can be."""
    derived = parts.derived
    given = {j.input.name: j for j in parts.jacobians}
    jacobians = []
    for argument in derived.forward.arguments:
        name = argument.tensor.name
        trace = tuple(s for s in derived.steps.get(name, ()) if s.left.startswith("∂"))
        if trace:  # a long derivation is told cotangent by cotangent, and shows no Jacobian
            jacobian = given.get(name) or _told(derived, name, trace)
            jacobians.append(replace(jacobian, steps=trace))
    rest = {name: _of_gradient(trace) for name, trace in derived.steps.items()}
    return one_row(replace(parts, derived=_with_steps(derived, rest), jacobians=tuple(jacobians)))


def _told(derived: Derived, name: str, trace: Trace) -> Jacobian:
    """The Jacobian that a trace tells."""
    output = derived.forward.output.tensor
    source = next(a.tensor for a in derived.forward.arguments if a.tensor.name == name)
    columns = columns_of(derived.forward, source)
    return Jacobian(output, source, output.indices, columns, trace[-1].after)


def _of_gradient(trace: Trace) -> Trace:
    return tuple(s for s in trace if not s.left.startswith("∂"))


def _with_steps(derived: Derived, steps: Mapping[str, Trace]) -> Derived:
    return replace(derived, steps=steps)
