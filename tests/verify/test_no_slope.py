"""Where a forward leaves out what has no slope, the steps are compared wherever there is one."""

from __future__ import annotations

import numpy as np
import pytest

import symderive as sd
from symderive.index.dims import Dim, Index
from symderive.index.evaluate import Evaluator
from symderive.index.nodes import Tensor, bracket
from symderive.trace import Step
from symderive.verify.steps import step_difference
from tests.operators.unseen import UNSEEN

PAIRS = ("coulomb_energy", "yukawa_energy", "log_repulsion", "inverse_distances")


@pytest.mark.parametrize("name", PAIRS)
def test_the_certificate_of_a_sum_over_other_points(name: str) -> None:
    case = UNSEEN[name]
    certificate = sd.derive(case.forward, **case.domains).verify(quick=True)
    assert certificate.ok, certificate.text()


def test_the_whole_certificate_of_one() -> None:
    case = UNSEEN["coulomb_energy"]
    certificate = sd.derive(case.forward, **case.domains).verify()
    assert certificate.ok, certificate.text()


ROW = Index(Dim("n"), 0)
X = Tensor("x", (Dim("n"),))[ROW]
AT = {"x": np.array([0.0, 2.0])}


def difference(before: object, after: object, start: object) -> float:
    step = Step("factor", "", before, after, "", ())  # type: ignore[arg-type]
    with np.errstate(all="ignore"):
        return step_difference(step, Evaluator(AT, {"n": 2}), start)  # type: ignore[arg-type]


def test_a_step_may_have_no_value_only_where_its_path_never_had_one() -> None:
    chosen, bare = bracket("gt", X, 0) / X, X / X**2
    assert difference(chosen, bare, bare) == 0  # 0 / 0 at the start, too
    assert np.isnan(difference(chosen, bare, chosen))  # a guard was lost
    assert difference(chosen, 2 * chosen, bare) > 0.1
    assert np.isnan(difference(bare, bare, X / (X - X)))  # no value anywhere
