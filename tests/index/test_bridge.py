"""What the public surface hands out as SymPy has names that people would write."""

from __future__ import annotations

import pytest
import sympy

from symderive.index.bridge import to_sympy
from symderive.index.dims import Dim, Index
from symderive.index.nodes import Tensor, sum_
from symderive.operators import CATALOGUE
from symderive.pipeline import derive

pytestmark = pytest.mark.thinned(3)

N = Dim("n")
X = Tensor("x", (N,))


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_no_internal_names(name: str) -> None:
    for gradient in derive(name).vjp.values():
        assert "~" not in str(gradient)


def test_softmax_reads_as_in_a_book() -> None:
    found = str(derive("softmax").vjp["x"])
    assert found == "(dy[…, i] - Sum(dy[…, j]*y[…, j], (j, 0, n - 1)))*y[…, i]"


def test_a_bound_index_never_takes_a_letter_in_use() -> None:
    free, first, second = Index(N), Index(N, -8), Index(N, -9)
    inner = sum_((second,), X[second] * X[first] * X[free])
    found = to_sympy(sum_((first,), inner * X[first]))
    (outer,) = found.atoms(sympy.Sum) - {
        s for f in found.atoms(sympy.Sum) for s in f.args[0].atoms(sympy.Sum)
    }
    letters = {str(limit[0]) for s in found.atoms(sympy.Sum) for limit in s.limits}
    assert letters == {"j", "k"}
    assert {str(s) for s in outer.free_symbols if str(s) in "ijk"} == {"i"}
