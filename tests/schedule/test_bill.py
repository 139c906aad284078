"""The cost of a backward, in words."""

from __future__ import annotations

from symderive.schedule.bill import Cost


def test_one_is_not_several() -> None:
    assert str(Cost(3, 1, 0, 1, 1)) == (
        "3 elementwise, 1 reduction, 0 transcendental, 1 temporary, 1 residual"
    )
    assert str(Cost(1, 2, 1, 0, 3)) == (
        "1 elementwise, 2 reductions, 1 transcendental, 0 temporaries, 3 residuals"
    )
