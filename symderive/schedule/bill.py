"""What the backward costs as an array program, counted from its schedule."""

from __future__ import annotations

from dataclasses import dataclass

from ..index import nodes
from ..index.functions import FUNCTIONS
from ..index.nodes import Expr, Num
from ..index.walk import walk
from .statements import Schedule, Statement


@dataclass(frozen=True)
class Cost:
    """Counts over one backward call; each array operation counts once, of any size.

    elementwise: additions, multiplications, divisions, roots, comparisons of arrays.
    reductions: sums, products, maxima.  transcendental: exp, log, tanh and their like.
    temporaries: named intermediate arrays.  residuals: arrays saved.
    """

    elementwise: int
    reductions: int
    transcendental: int
    temporaries: int
    residuals: int

    def __str__(self) -> str:
        counted = (
            f"{self.elementwise} elementwise",
            _several(self.reductions, "reduction", "reductions"),
            f"{self.transcendental} transcendental",
            _several(self.temporaries, "temporary", "temporaries"),
            _several(self.residuals, "residual", "residuals"),
        )
        return ", ".join(counted)


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def bill(schedule: Schedule) -> Cost:
    """The cost of the backward of a schedule."""
    counts = {"elementwise": 0, "reductions": 0, "transcendental": 0}
    for statement in schedule.backward.statements:
        _count(statement, counts)
    results = {r.tensor.name for r in schedule.backward.results}
    temporaries = sum(s.name not in results for s in schedule.backward.statements)
    return Cost(**counts, temporaries=temporaries, residuals=len(schedule.residuals))


def _count(statement: Statement, counts: dict[str, int]) -> None:
    for node in walk(statement.value):
        if node.free or isinstance(node, nodes.Reduce):
            kind, number = _operations(node)
            if kind:
                counts[kind] += number


def _operations(node: Expr) -> tuple[str, int]:
    if isinstance(node, nodes.Reduce):
        return "reductions", 1
    if isinstance(node, nodes.Call):
        return ("elementwise" if FUNCTIONS[node.function].exact else "transcendental"), 1
    if isinstance(node, (nodes.Add, nodes.Mul)):
        signs = sum(isinstance(a, Num) and abs(a.value) == 1 for a in node.args)
        return "elementwise", len(node.args) - 1 - signs
    if isinstance(node, nodes.Pow):
        exp = node.args[1]
        small = isinstance(exp, Num) and exp.value.denominator <= 2
        reciprocal = isinstance(exp, Num) and exp.value == -1
        return ("elementwise", 0 if reciprocal else 1) if small else ("transcendental", 1)
    if isinstance(node, (nodes.Bracket, nodes.Delta)):
        return "elementwise", 1
    return "", 0
