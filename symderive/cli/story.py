"""A derivation as sections of plain lines: what `symderive derive` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..calculus.result import Derived, Jacobian
from ..derivation import Derivation
from ..index import nodes
from ..index.dims import Index
from ..index.nodes import Expr
from ..index.text import mathematics
from ..index.walk import substitute
from ..program import Argument, Assignment, Program
from ..verify.certificate import assumptions

MOST_ASSIGNMENTS = 12  # the Jacobian of a longer forward is no help to a reader


@dataclass(frozen=True)
class Section:
    """A heading and the lines under it."""

    title: str
    lines: tuple[str, ...]


def sections(derivation: Derivation, module: str) -> list[Section]:
    """The mathematics, and the backward of the module; no section is empty."""
    derived = derivation.derived
    told = [
        Section(derived.written.name, _inputs(derived.written)),
        Section("Forward", _equations(derived.written.assignments)),
        Section("Forward that does not overflow", _stable(derived)),
        Section("Jacobian", _jacobians(derivation)),
        Section("Gradient", _equations(derived.backward.assignments)),
        Section("Notes", derived.forward.notes),
        Section("Code", _backward_code(module, derivation.schedule.name)),
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
    """One equation a line, aligned at the equals signs; the batch dims are left to the reader."""
    pairs = [(mathematics(a.left), _right(a)) for a in assignments]
    width = max((len(left) for left, _ in pairs), default=0)
    return tuple(f"{left:<{width}} = {right}" for left, right in pairs)


def _right(assignment: Assignment) -> str:
    if not assignment.constant:
        return mathematics(assignment.value)
    guard = [f for f in _factors(assignment.value) if isinstance(f, nodes.Bracket)]
    shift = nodes.mul(*(f for f in _factors(assignment.value) if f not in guard))
    only = ", where it is finite" if guard else ""
    return f"{mathematics(shift)}    (a shift that cancels{only})"


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, nodes.Mul) else (expr,)


def _stable(derived: Derived) -> tuple[str, ...]:
    """The forward that was differentiated, where it is not the one that was written."""
    stable = _equations(derived.forward.assignments)
    return stable if stable != _equations(derived.written.assignments) else ()


def _jacobians(derivation: Derivation) -> tuple[str, ...]:
    if len(derivation.derived.forward.assignments) > MOST_ASSIGNMENTS:
        return ()
    rows = []
    for jacobian in derivation.jacobians.values():
        above, below = jacobian.output[jacobian.rows], jacobian.input[jacobian.columns]
        value = mathematics(_one_row(jacobian))
        rows.append(f"∂{mathematics(above)}/∂{mathematics(below)} = {value}")
    return tuple(rows)


def _one_row(jacobian: Jacobian) -> Expr:
    """The block of one row with itself, where rows do not mix and every other block is zero."""
    value = jacobian.value
    terms = value.args if isinstance(value, nodes.Add) else (value,)
    if not all(any(map(_compares_rows, _factors(term))) for term in terms):
        return value
    return substitute(value, {i: Index(i.dim) for i in jacobian.columns if i.dim.is_batch})


def _compares_rows(factor: Expr) -> bool:
    return isinstance(factor, nodes.Delta) and all(i.dim.is_batch for i in factor.free)


def _backward_code(module: str, name: str) -> tuple[str, ...]:
    """The backward function of a module, which ends where the next one starts."""
    lines = module.splitlines()
    starts = [n for n, line in enumerate(lines) if line[:1].strip()] + [len(lines)]
    first = next((n for n in starts[:-1] if lines[n].startswith(f"def {name}_bwd(")), None)
    if first is None:
        return ()
    code = "\n".join(lines[first : starts[starts.index(first) + 1]])
    return tuple(code.rstrip().splitlines())


def _residuals(derivation: Derivation) -> str:
    saved = [tensor.name for tensor in derivation.schedule.residuals]
    return f"the forward saves {', '.join(saved)}" if saved else "the forward saves nothing"
