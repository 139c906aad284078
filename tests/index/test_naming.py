"""Names and indices that nothing else has, and what is read for an output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import symderive as sd
from symderive.index.dims import Dim, Index, indices_of, unused_index
from symderive.index.naming import unused
from symderive.index.nodes import Tensor, idx
from symderive.program import Assignment

B, N = Dim("b"), Dim("n")


def test_a_name_is_numbered_where_it_is_taken() -> None:
    assert unused("x", {"y"}) == "x"
    assert unused("x", {"x", "x3"}) == "x2"
    assert unused("x", {"x", "x_2", "x2"}, "_") == "x_3"


def test_an_index_that_nobody_has() -> None:
    taken = {Index(N), Index(N, 1), Index(B)}
    assert unused_index(N, taken) is Index(N, 2)
    assert unused_index(B, taken, first=5) is Index(B, 5)


def test_a_tensor_at_its_own_indices() -> None:
    square = Tensor("w", (N, B, N))
    assert square.indices == (Index(N), Index(B), Index(N, 1)) == indices_of(square.dims)
    assert square.element is square[tuple(idx(i) for i in square.indices)]
    assert Tensor("c").element is Tensor("c")[()]


def test_a_program_keeps_what_its_outputs_read() -> None:
    program = sd.derive(lambda x, t: np.exp(x) * x[t], x="n", t=sd.integers("n", below="n")).program
    line = program.assignments[0]
    late = Assignment(Tensor("late", (N,)), (Index(N),), line.value)
    longer = replace(program, assignments=(*program.assignments, late))
    assert longer.live() == program
    assert longer.live([late.tensor]) == longer
    assert [a.tensor.name for a in longer.inputs] == ["x"]
