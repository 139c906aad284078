"""What the equations of a program say, read in either direction."""

from __future__ import annotations

from symderive.calculus.relations import Relations
from symderive.index import nodes
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, bracket, idx
from symderive.program import Assignment

ROW, COLUMN = Index(Dim("n"), 0), Index(Dim("n"), 1)
E, W, Q = (Tensor(name, (Dim("n"), Dim("n"))) for name in "ewq")


def solved(value: nodes.Expr) -> set[Tensor]:
    """The tensors that the equation e = value is solved for."""
    relations = Relations([Assignment(E, (ROW, COLUMN), value)])
    return {r.tensor for r in relations.readings if r.kind == "inverse"}


def test_no_equation_is_solved_by_dividing_by_a_choice() -> None:
    assert W in solved(W[ROW, COLUMN] * 3 + Q[ROW, COLUMN])
    assert solved(bracket("gt", idx(COLUMN), idx(ROW)) * W[ROW, COLUMN]) == set()
    assert solved(bracket("gt", Q[ROW, COLUMN], 0) * W[ROW, COLUMN]) == set()
