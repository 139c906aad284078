"""A derivation as sections of plain lines: what `symderive derive` prints."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from ..index.text import text
from ..pipeline import Derivation
from ..program import Argument, Assignment, Program
from ..verify.certificate import assumptions


@dataclass(frozen=True)
class Section:
    """A heading and the lines under it."""

    title: str
    lines: tuple[str, ...]


def sections(derivation: Derivation) -> list[Section]:
    """The mathematics, from the forward to the gradient; a section without lines is left out."""
    derived = derivation.derived
    told = [
        Section(derived.written.name, _inputs(derived.written)),
        Section("Forward", _equations(derived.forward.assignments)),
        Section("Jacobian", _jacobians(derivation)),
        Section("Gradient", _equations(derived.backward.assignments)),
        Section("Notes", derived.forward.notes),
        Section("Code", _backward_code(derivation)),
        Section("Cost", (_residuals(derivation), str(derivation.cost))),
    ]
    return [section for section in told if section.lines]


def _inputs(program: Program) -> tuple[str, ...]:
    inputs = [f"{a.tensor.name}: {_dims(a)}" for a in program.arguments]
    doc = (program.doc.partition("\n")[0],) if program.doc else ()
    return (*doc, "; ".join(inputs), *assumptions(program))


def _dims(argument: Argument) -> str:
    return " ".join(map(str, argument.tensor.dims)) or "a scalar"


def _equations(assignments: Iterable[Assignment]) -> tuple[str, ...]:
    """One equation a line, aligned at the equals signs."""
    pairs = [(text(a.left), text(a.value), a.constant) for a in assignments]
    width = max((len(left) for left, _, _ in pairs), default=0)
    return tuple(
        f"{left:<{width}} = {right}{'    (a shift that cancels)' if shift else ''}"
        for left, right, shift in pairs
    )


def _jacobians(derivation: Derivation) -> tuple[str, ...]:
    rows = []
    for jacobian in derivation.jacobians.values():
        above, below = jacobian.output[jacobian.rows], jacobian.input[jacobian.columns]
        rows.append(f"∂{text(above)}/∂{text(below)} = {text(jacobian.value)}")
    return tuple(rows)


def _backward_code(derivation: Derivation) -> tuple[str, ...]:
    source = derivation.source("numpy")
    name = f"{derivation.program.name}_bwd"
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return tuple(source.splitlines()[node.lineno - 1 : node.end_lineno])
    return ()


def _residuals(derivation: Derivation) -> str:
    saved = [tensor.name for tensor in derivation.schedule.residuals]
    return f"the forward saves {', '.join(saved)}" if saved else "the forward saves nothing"
