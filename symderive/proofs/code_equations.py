"""Which equation each line of code computes: one that the proof states anyway, or one that only the
code has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..index.nodes import Expr, Ref
from ..index.text import text
from ..index.walk import substitute, transform
from ..program import Program
from .parts import ProofParts, Statement


@dataclass(frozen=True)
class CodeEquation:
    """A line's equation: its key, and whether the program states the same (then `left = value` is
    not shown again)."""

    part: str
    key: str
    left: Ref
    value: Expr
    number: int
    stated: bool


def code_equations(parts: ProofParts) -> tuple[CodeEquation, ...]:
    """The equations of all lines, each once, in the order of the code."""
    programs = {"forward": parts.derived.forward, "backward": parts.derived.backward}
    found: dict[tuple[str, int], CodeEquation] = {}
    for listing in parts.listings:
        own: dict[str, Statement] = {}
        for s in listing.statements:
            if not isinstance(s.left, Ref) or s.value is None:
                continue
            stated = _states(programs[listing.part], s, own)
            name = s.left.tensor.name
            if programs[listing.part].assignment(name) is None:
                own[name] = s
            kind = (
                {"forward": "forward", "backward": "theorem"}[listing.part]
                if stated
                else f"code:{listing.part}"
            )
            found.setdefault((name, s.equation or -len(found) - 1), CodeEquation(
                listing.part, f"{kind}:{name}", s.left, s.value, s.equation, stated))  # fmt: skip
    return tuple(found.values())


def key_of(equations: tuple[CodeEquation, ...], part: str, s: Statement) -> str:
    """The key of the equation that a line computes, "" where it computes none. A recomputed line
    has its first's key."""
    if not isinstance(s.left, Ref):
        return ""
    alike = [e for e in equations if e.left.tensor == s.left.tensor]
    exact = [e for e in alike if e.number == s.equation and (e.number or e.part == part)]
    return exact[0].key if exact else ""


def _states(program: Program, s: Statement, own: dict[str, Statement]) -> bool:
    """True where the program has the same assignment, once what only the code names is written
    out."""
    assert isinstance(s.left, Ref) and s.value is not None
    assignment = program.assignment(s.left.tensor.name)
    if assignment is None:
        return False
    value = unfolded(s.value, own)
    return text(value) == text(assignment.value)


def unfolded(value: Expr, own: Mapping[str, Statement]) -> Expr:
    """An expression with the code's own names written out, also where they are compared."""

    def written_out(node: Expr) -> Expr | None:
        s = own.get(node.tensor.name) if isinstance(node, Ref) else None
        if s is None or s.left is None or s.value is None:
            return None
        indices = [next(iter(place.free)) for place in s.left.args]
        return unfolded(substitute(s.value, dict(zip(indices, node.args, strict=True))), own)

    return transform(value, written_out)
